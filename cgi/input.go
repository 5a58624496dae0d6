package cgi

import (
	"errors"
	"io"
	"os"

	"github.com/postern-gateway/postern/internal/bufpool"
	"github.com/postern-gateway/postern/internal/rawio"
	"github.com/postern-gateway/postern/protocol"
)

const (
	pipeSize  = 64 << 10 // what a pipe holds, unless it was grown
	smallBody = 4 << 10  // a body that is taken in before the script starts: it costs no goroutine
	largeBody = 1 << 20  // one that is worth a larger pipe
	largePipe = 1 << 20
)

// An input is a request's body on its way to a script.
type input struct {
	body   io.Reader
	length int64  // CONTENT_LENGTH; 0: none
	small  []byte // the whole body, if it is small
	spool  *protocol.Spool
}

// openInput finds out how long the body is, which a script must be told, and takes in what is small
// or of unknown length.
func (c *Client) openInput(r *protocol.Request) (*input, error) {
	in := &input{body: r.Body, length: r.ContentLength}
	switch {
	case in.body == nil || in.length == 0:
		in.length = 0
	case in.length < 0:
		return in, in.takeIn(c.Limits.Resolve())
	case in.length <= smallBody:
		in.small = make([]byte, in.length)
		if _, err := io.ReadFull(in.body, in.small); err != nil {
			return nil, bodyFailed(err)
		}
	}
	return in, nil
}

// takeIn reads a body of unknown length to its end, into memory and then a temporary file.
func (in *input) takeIn(lim protocol.Limits) error {
	in.spool = &protocol.Spool{Memory: lim.SpoolMemory, File: lim.Spool, Total: &lim}
	if _, err := copyBody(in.spool, in.body); err != nil {
		in.close()
		if w, ok := err.(*writeError); ok {
			return w.error
		}
		return bodyFailed(err)
	}
	in.body, in.length = in.spool, in.spool.Len()
	return nil
}

func (in *input) close() {
	if in.spool != nil {
		in.spool.Close()
	}
}

// bodyFailed is a body that did not come whole. An error of ours already says what is wrong with
// it.
func bodyFailed(err error) error {
	if err == io.EOF {
		err = io.ErrUnexpectedEOF
	}
	if _, ok := errors.AsType[*protocol.Error](err); ok {
		return err
	}
	return &protocol.Error{Protocol: name, Op: "read body", Kind: protocol.ErrAborted, Err: err}
}

// feed gives the body to the process by fd, in a goroutine unless it fits into the pipe.
func (in *input) feed(p *process, fd int) {
	if fd < 0 {
		in.close()
		return
	}
	if in.small != nil {
		rawio.Write(fd, in.small) // an empty pipe takes it whole, or the script has ended already
		rawio.Close(fd)
		return
	}
	if in.length >= largeBody {
		growPipe(uintptr(fd), largePipe)
	}
	p.stdin = os.NewFile(uintptr(fd), "stdin")
	p.c.running.Go(func() { in.pump(p) })
}

// pump copies the body. A script that does not read it, or has ended, is no error; a body that does
// not come whole ends the script, which could take it for whole.
func (in *input) pump(p *process) {
	defer in.close()
	defer p.stdin.Close()
	n, err := copyBody(p.stdin, io.LimitReader(in.body, in.length))
	if _, ok := err.(*writeError); ok {
		return
	}
	if err == nil && n < in.length {
		err = io.EOF
	}
	if err != nil {
		p.end(bodyFailed(err))
	}
}

// A writeError is the destination's failure, not the source's.
type writeError struct{ error }

func copyBody(dst io.Writer, src io.Reader) (n int64, err error) {
	buf := bufpool.KiB64.Get()
	defer bufpool.KiB64.Put(buf)
	for {
		m, rerr := src.Read(buf[:])
		if m > 0 {
			if _, err := dst.Write(buf[:m]); err != nil {
				return n, &writeError{err}
			}
			n += int64(m)
		}
		if rerr == io.EOF {
			return n, nil
		}
		if rerr != nil {
			return n, rerr
		}
	}
}
