package fastcgi

import (
	"io"
	"net"
	"os"
	"syscall"

	"github.com/postern-gateway/postern/internal/bufpool"
	"github.com/postern-gateway/postern/internal/netio"
	"github.com/postern-gateway/postern/internal/rawio"
)

// inputSize is the size of a connection's input buffer: a request of most fronts is in it whole.
// It is that of a buffer of bufpool.KiB16.
const inputSize = 16 << 10

// An input is the read buffer of a connection. It belongs to whoever holds the right to read.
type input struct {
	nc   net.Conn
	buf  *[inputSize]byte // nil: nothing is buffered
	r, w int

	raw  syscall.RawConn // nil: not a bare socket
	look syscall.RawConn // also a wrapper's: to see whether anything has come, not to read it
	try  func(fd uintptr) bool
	err  error // of try
}

func (in *input) init(nc net.Conn) {
	in.nc = nc
	in.raw = netio.Socket(nc)
	in.look = in.raw
	if s, ok := nc.(syscall.Conn); ok && in.raw == nil {
		in.look, _ = s.SyscallConn()
	}
	in.try = in.tryRead
}

// wait reads once into an empty buffer, which it holds only when there is something to read: an
// idle connection needs none.
func (in *input) wait() error {
	if in.raw == nil || in.r < in.w {
		return in.more(1)
	}
	in.release()
	in.err = nil
	if err := in.raw.Read(in.try); err != nil {
		return err
	}
	return in.err
}

func (in *input) tryRead(fd uintptr) bool {
	in.buf = bufpool.KiB16.Get()
	n, err := rawio.Read(int(fd), in.buf[:])
	switch {
	case err == syscall.EAGAIN:
		in.release()
		return false
	case err != nil:
		in.err = os.NewSyscallError("read", err)
	case n == 0:
		in.err = io.EOF
	default:
		in.w = n
	}
	return true
}

// buffered returns what was read and not yet discarded.
func (in *input) buffered() []byte {
	if in.buf == nil {
		return nil
	}
	return in.buf[in.r:in.w]
}

func (in *input) discard(n int) {
	if in.r += n; in.r == in.w {
		in.r, in.w = 0, 0
	}
}

// more reads once, into the buffer, which must have room for n bytes from r on.
func (in *input) more(n int) error {
	if in.buf == nil {
		in.buf = bufpool.KiB16.Get()
	}
	if in.r > 0 && in.r+n > inputSize {
		in.w = copy(in.buf[:], in.buf[in.r:in.w])
		in.r = 0
	}
	n, err := in.nc.Read(in.buf[in.w:])
	in.w += n
	if n > 0 {
		return nil
	}
	return err
}

// release gives the buffer back. What it held is lost.
func (in *input) release() {
	if in.buf != nil {
		bufpool.KiB16.Put(in.buf)
		in.buf, in.r, in.w = nil, 0, 0
	}
}
