//go:build !race

package protocol

import (
	"context"
	"io"
	"net/http"
	"testing"
)

// A bare Encoder drops what it is told.
type bare struct{ written int }

func (e *bare) WriteHeader(status int, h http.Header) error { return nil }
func (e *bare) Write(p []byte) (int, error)                 { e.written += len(p); return len(p), nil }
func (e *bare) Flush() error                                { return nil }
func (e *bare) Close(cause error) error                     { return cause }

// exchangeAllocs is what one small GET with the variables of nginx costs in the core alone: the
// Request itself, which a codec makes, is not counted.
func exchangeAllocs(t *testing.T, h Handler) float64 {
	l := &Loop{Handler: h, Log: quiet}
	lim := l.Limits.Resolve()
	ctx := context.Background()
	p := fronts[0].p
	requests := make([]Request, 1100)
	for i := range requests {
		requests[i].Params = p
	}
	enc, i := new(bare), 0
	return testing.AllocsPerRun(1000, func() {
		l.exchange(ctx, &lim, nil, nil, &requests[i], enc, nil)
		i++
	})
}

func TestAllocations(t *testing.T) {
	hello := []byte("hello, world\n")
	contentType := []string{"text/plain"}
	for _, row := range []struct {
		text string
		h    Handler
		most float64
	}{
		{"a native handler", HandlerFunc(func(w ResponseWriter, r *Request) error { _, err := w.Write(hello); return err }), 0},
		{"a native handler that sets a field", HandlerFunc(func(w ResponseWriter, r *Request) error {
			w.Header()["Content-Type"] = contentType
			_, err := w.Write(hello)
			return err
		}), 2},
		{"a native handler that looks at a variable", HandlerFunc(func(w ResponseWriter, r *Request) error {
			_, err := io.WriteString(w, r.Params.Get("REQUEST_URI"))
			return err
		}), 0},
		{"a native handler that names its backend, where nobody observes", HandlerFunc(func(w ResponseWriter, r *Request) error {
			SetBackend(r.Context(), "backend")
			_, err := w.Write(hello)
			return err
		}), 0},
		{"an http.Handler", FromHTTP(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			w.Header()["Content-Type"] = contentType
			w.Write(hello)
		})), 9}, // the header and the response's two each, its path, which is encoded, three
	} {
		if got := exchangeAllocs(t, row.h); got > row.most {
			t.Errorf("%s: %v allocations, want at most %v", row.text, got, row.most)
		} else {
			t.Logf("%s: %v allocations", row.text, got)
		}
	}
}
