package protocol

import (
	"context"
	"log/slog"
	"net/http/httptest"
	"strings"
	"testing"
)

// A client that leaves is logged as one that leaves, also where the handler returns no more than
// its context's Err, or where net/http has ended that without a cause: bug, it was an error of the
// handler. An end of another context is one.
func TestHandlerThatReturnsItsContextsError(t *testing.T) {
	for name, row := range map[string]struct {
		h     HandlerFunc
		level string
		says  string
	}{
		"the error": {func(w ResponseWriter, r *Request) error {
			<-r.Context().Done()
			return r.Context().Err()
		}, "INFO", ErrGone.Error()},
		"the cause": {func(w ResponseWriter, r *Request) error {
			<-r.Context().Done()
			return context.Cause(r.Context())
		}, "INFO", ErrGone.Error()},
		"of another context": {func(w ResponseWriter, r *Request) error {
			return context.Canceled
		}, "ERROR", context.Canceled.Error()},
	} {
		t.Run(name, func(t *testing.T) {
			ctx, leave := context.WithCancel(t.Context())
			defer leave()
			if row.level == "INFO" {
				leave()
			}
			var log strings.Builder
			l := &Loop{Log: slog.New(slog.NewTextHandler(&log, nil)), Handler: row.h}
			l.ServeHTTP(httptest.NewRecorder(), httptest.NewRequestWithContext(ctx, "GET", "/", nil))
			if !strings.Contains(log.String(), "level="+row.level) || !strings.Contains(log.String(), row.says) {
				t.Error(log.String())
			}
		})
	}
}

// Over a wire the peer has gone, and what the handler says of it is told so.
func TestHandlerThatReturnsItsContextsErrorOverAWire(t *testing.T) {
	r := get()
	log := serveOn(t, func(w ResponseWriter, r *Request) error {
		r.Cancel(ErrGone)
		return r.Context().Err()
	}, &script{steps: []step{{r: r, enc: new(record)}}})
	if !strings.Contains(log, "level=INFO") || !strings.Contains(log, ErrGone.Error()) {
		t.Error(log)
	}
}
