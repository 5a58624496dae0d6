package protocol

import (
	"context"
	"sync/atomic"
	"time"
)

// A Summary is what one request came to: for access logs, slow logs and metrics.
type Summary struct {
	// Status is that of the head that the connection took: the handler's, that of the error page,
	// or 101 where protocols were switched. 0 says that it took none: the peer had gone, the
	// handler ended with http.ErrAbortHandler, or it hijacked the connection and wrote the answer.
	Status int

	// BodyRead are the bytes of the request's body that were read, whoever read them; a Filter's
	// DATA is not counted. BodySent are the bytes of the response's body that the connection took,
	// without any framing; what its peer had not read when it left is among them. What goes over a
	// connection that was hijacked is in neither.
	BodyRead, BodySent int64

	// Began is when the request's head was whole, or was refused, and Took the time from then to
	// the end of the response, or of the handler that hijacked the connection.
	Began time.Time
	Took  time.Duration

	// Backend is what SetBackend has named; empty where nobody has called it.
	Backend string

	// Err is why the request failed, in the words of the log where it is logged; nil where the
	// response is whole.
	Err error
}

// SetBackend names the backend that the request with the context ctx goes to, for
// [Summary.Backend]. ctx may derive from the request's; any other is left alone. The last call
// counts, and one where nobody observes the request costs nothing. It may come from any goroutine.
func SetBackend(ctx context.Context, name string) {
	if r, ok := ctx.Value(servedKey{}).(*Request); ok {
		r.answer.setBackend(name)
	}
}

// servedKey finds the request that is being served in its context, also where the handler has
// passed on a clone.
type servedKey struct{}

func (w *response) setBackend(name string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.tally != nil {
		w.tally.backend = name
	}
}

// A tally is what a response notes for its Summary. A nil one notes nothing.
type tally struct {
	began   time.Time
	status  int
	sent    int64 // of the body
	atOnce  bool  // the response was framed as a whole, and leaves with its end
	backend string
}

// head notes that the connection took the head.
func (t *tally) head(status int, atOnce bool) {
	if t != nil {
		t.status, t.atOnce = status, atOnce
	}
}

// body notes that it took n bytes of the body.
func (t *tally) body(n int64) {
	if t != nil {
		t.sent += n
	}
}

// end notes how the response's end went. What was to leave with it has not, if that failed.
func (t *tally) end(err error) {
	if t != nil && t.atOnce && err != nil {
		t.status, t.sent = 0, 0
	}
}

// observe tells of r, which ended with err.
func (l *Loop) observe(r *Request, err error) {
	w := &r.answer
	w.mu.Lock()
	t := *w.tally
	w.mu.Unlock()
	l.Observe(r, Summary{Status: t.status, BodyRead: r.body.taken(), BodySent: t.sent,
		Began: t.began, Took: time.Since(t.began), Backend: t.backend, Err: err})
}

// refused tells of a request that its Conn has answered by itself.
func (l *Loop) refused(r *Request, status int, err error) {
	l.count(err)
	if l.Observe != nil {
		l.Observe(r, Summary{Status: status, Began: time.Now(), Err: err})
	}
}

// counts are how many requests there are and have been.
type counts struct{ serving, served, failed atomic.Int64 }

func (l *Loop) count(err error) {
	l.counts.served.Add(1)
	if err != nil {
		l.counts.failed.Add(1)
	}
}

// Requests returns how many requests are being served, how many are done, and how many of those
// have failed: their [Summary] has an Err. It may be called at any time.
func (l *Loop) Requests() (serving, served, failed int64) {
	return l.counts.serving.Load(), l.counts.served.Load(), l.counts.failed.Load()
}
