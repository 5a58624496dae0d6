package fetch

import (
	"context"
	"io"
)

// An interruptible is standard input whose Read ends when ctx does, also where nobody types
// anything. It is read by one goroutine at a time. A Read that was given up goes on in the
// background, and what it reads is lost.
type interruptible struct {
	ctx context.Context
	r   io.Reader
}

func (s *interruptible) Read(p []byte) (int, error) {
	type read struct {
		n   int
		err error
	}
	b := make([]byte, min(len(p), 32<<10)) // of its own: p is the caller's again when Read returns
	done := make(chan read, 1)
	go func() {
		n, err := s.r.Read(b)
		done <- read{n, err}
	}()
	select {
	case got := <-done:
		return copy(p, b[:got.n]), got.err
	case <-s.ctx.Done():
		return 0, errInterrupted
	}
}
