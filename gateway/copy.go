package gateway

import (
	"io"
	"sync"
	"time"
)

// pieces are the buffers by which responses are copied.
var pieces = sync.Pool{New: func() any { return new([32 << 10]byte) }}

// copyBody passes the body on, each piece at once, but for the last: what ends with it leaves with the response's end.
func (x *passage) copyBody(body io.Reader) error {
	buf := pieces.Get().(*[32 << 10]byte)
	defer pieces.Put(buf)
	n, err := x.readFirst(body, buf[:])
	for {
		if n > 0 {
			if _, err := x.w.Write(buf[:n]); err != nil {
				return err
			}
		}
		switch {
		case err == io.EOF:
			return nil
		case err != nil:
			return x.failed("read response", err)
		case n > 0:
			if err := x.control.Flush(); err != nil {
				return err
			}
		}
		n, err = body.Read(buf[:])
	}
}

// readFirst reads the first piece. If it does not come at once the head goes on by itself, unless the request's body is still
// coming: it would have to be taken in for that.
func (x *passage) readFirst(body io.Reader, p []byte) (int, error) {
	flushed := make(chan struct{})
	timer := time.AfterFunc(headDelay, func() {
		defer close(flushed)
		if x.body.done.Load() {
			x.control.Flush()
		}
	})
	n, err := body.Read(p)
	if !timer.Stop() {
		<-flushed
	}
	return n, err
}
