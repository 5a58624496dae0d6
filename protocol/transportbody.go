package protocol

import (
	"io"
	"net/http"
	"sync"
)

// A sentBody is the body of a request that a Transport sends. Its Close may come while a Read goes
// on, which may last: then the body is closed by the goroutine of that Read, when it returns.
type sentBody struct {
	body io.ReadCloser // nil: none

	mu      sync.Mutex
	reading bool
	closed  bool
}

func (b *sentBody) Read(p []byte) (int, error) {
	if !b.begin() {
		return 0, http.ErrBodyReadAfterClose
	}
	n, err := b.body.Read(p)
	if b.end() {
		b.body.Close()
	}
	return n, err
}

// begin reports whether a Read may go on.
func (b *sentBody) begin() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.reading = !b.closed
	return b.reading
}

// end reports whether the body was to be closed during the Read.
func (b *sentBody) end() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.reading = false
	return b.closed
}

// Close implements [io.Closer]. What closing fails with is nobody's error: the request has been
// sent, or has failed by another.
func (b *sentBody) Close() error {
	b.mu.Lock()
	now := !b.reading && !b.closed && b.body != nil
	b.closed = true
	b.mu.Unlock()
	if now {
		b.body.Close()
	}
	return nil
}

// A receivedBody is a response's body, whose Close ends the whole exchange.
type receivedBody struct {
	io.ReadCloser
	sent *sentBody
}

func (b receivedBody) Close() error {
	err := b.ReadCloser.Close()
	b.sent.Close()
	return err
}
