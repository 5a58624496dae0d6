package cgi

import (
	"io"
	"os"
	"syscall"
	"time"

	"github.com/postern-gateway/postern/internal/rawio"
)

// A stdout is our end of the pipe that is a script's standard output. It is an [os.File] for the
// waiting and the deadlines; what is read is read without telling the scheduler. One goroutine at a
// time may read.
type stdout struct {
	*os.File
	raw syscall.RawConn
	try func(fd uintptr) bool

	// Of try: where to, and what came of it.
	buf []byte
	n   int
	err error
}

func (s *stdout) open(fd int) {
	s.File = os.NewFile(uintptr(fd), "stdout")
	s.raw, _ = s.File.SyscallConn() // fails for no file that is one
	s.try = s.tryRead
}

// read is Read: it waits until there is something.
func (s *stdout) read(buf []byte) (int, error) {
	s.buf = buf
	err := s.raw.Read(s.try)
	s.buf = nil
	switch {
	case err != nil:
		return 0, err
	case s.err != nil:
		return 0, os.NewSyscallError("read", s.err)
	case s.n == 0:
		return 0, io.EOF
	}
	return s.n, nil
}

func (s *stdout) tryRead(fd uintptr) bool {
	s.n, s.err = rawio.Read(int(fd), s.buf)
	return s.err != syscall.EAGAIN
}

// held reports whether some process has the other end open.
func (s *stdout) held() (yes bool) {
	err := s.raw.Control(func(fd uintptr) { yes = hasWriter(fd) })
	return yes && err == nil
}

// readNow reads what is there, without waiting and whatever f's deadline is.
func readNow(f *os.File, buf []byte) (n int) {
	f.SetReadDeadline(time.Time{})
	conn, err := f.SyscallConn()
	if err != nil {
		return 0
	}
	conn.Read(func(fd uintptr) bool {
		n, _ = rawio.Read(int(fd), buf)
		return true
	})
	return max(n, 0)
}
