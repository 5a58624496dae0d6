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
	smallBody = 4 << 10  // a body up to this is read before the start: no goroutine
	largeBody = 1 << 20  // a body from this on gets a larger pipe
	largePipe = 1 << 20
)

// An input is a request's body on its way to a script.
type input struct {
	body   io.Reader
	length int64  // CONTENT_LENGTH; 0: none
	small  []byte // the whole body, if it is small
	spool  *protocol.Spool
}

// openInput finds out the length of the body, because the script needs it as CONTENT_LENGTH. A body
// that is small or of unknown length it reads to its end.
func (c *Client) openInput(r *protocol.Request) (*input, error) {
	in := &input{body: r.Body, length: r.ContentLength}
	switch {
	case in.body == nil || in.length == 0:
		in.length = 0
	case in.length < 0:
		return in, in.spoolBody(c.Limits.Resolve())
	case in.length <= smallBody:
		in.small = make([]byte, in.length)
		if _, err := io.ReadFull(in.body, in.small); err != nil {
			return nil, bodyError(err)
		}
	}
	return in, nil
}

// spoolBody reads a body of unknown length to its end, into memory and then a temporary file.
func (in *input) spoolBody(lim protocol.Limits) error {
	in.spool = &protocol.Spool{Memory: lim.SpoolMemory, File: lim.Spool, Total: &lim}
	if _, err := copyBody(in.spool, in.body); err != nil {
		in.close()
		if w, ok := err.(*writeError); ok {
			return w.error
		}
		return bodyError(err)
	}
	in.body, in.length = in.spool, in.spool.Len()
	return nil
}

func (in *input) close() {
	if in.spool != nil {
		in.spool.Close()
	}
}

// bodyError is the error for a body that did not come whole. A *protocol.Error says so already.
func bodyError(err error) error {
	if err == io.EOF {
		err = io.ErrUnexpectedEOF
	}
	if _, ok := errors.AsType[*protocol.Error](err); ok {
		return err
	}
	return &protocol.Error{Protocol: name, Op: "read body", Kind: protocol.ErrAborted, Err: err}
}

// sendTo writes the body to fd, the standard input of p, and closes it. A body that may not fit
// into the pipe is copied by a goroutine.
func (in *input) sendTo(p *process, fd int) {
	if fd < 0 {
		in.close()
		return
	}
	if in.small != nil {
		rawio.Write(fd, in.small) // all of it fits; an error means that the script has ended
		rawio.Close(fd)
		return
	}
	if in.length >= largeBody {
		growPipe(uintptr(fd), largePipe)
	}
	p.stdin = os.NewFile(uintptr(fd), "stdin")
	p.c.running.Go(func() { in.copyTo(p) })
}

// copyTo copies the body. It is no error if the script does not read it or has ended. If the body
// does not come whole the script is stopped, because it could take the part for the whole.
func (in *input) copyTo(p *process) {
	defer in.close()
	defer p.stdin.Close()
	n, err := copyBody(p.stdin, io.LimitReader(awaitedBody{p, in.body}, in.length))
	if _, ok := err.(*writeError); ok {
		return
	}
	if err == nil && n < in.length {
		err = io.EOF
	}
	if err != nil {
		p.stop(bodyError(err))
	}
}

// An awaitedBody is a body whose reads do not count as the script's time.
type awaitedBody struct {
	p    *process
	body io.Reader
}

func (b awaitedBody) Read(p []byte) (int, error) {
	b.p.setBodyAwaited(true)
	defer b.p.setBodyAwaited(false)
	return b.body.Read(p)
}

// A writeError is an error of the destination of a copy, not of its source.
type writeError struct{ error }

// copyBody copies src to dst until src ends. An error of dst is a *writeError.
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
