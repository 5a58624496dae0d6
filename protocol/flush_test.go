package protocol

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
)

// A plainWriter is a writer of somebody else's, with no more than it must have.
type plainWriter struct{ http.ResponseWriter }

// Behind a writer that cannot flush, as that of http.TimeoutHandler, a response goes on after a
// Flush.
func TestFlushThatIsNotSupported(t *testing.T) {
	rec := httptest.NewRecorder()
	ToHTTP(HandlerFunc(func(w ResponseWriter, r *Request) error {
		if _, err := io.WriteString(w, "before, "); err != nil {
			return err
		}
		if err := http.NewResponseController(w).Flush(); !errors.Is(err, http.ErrNotSupported) {
			t.Errorf("Flush: %v", err)
		}
		_, err := io.WriteString(w, "and after")
		return err
	})).ServeHTTP(plainWriter{rec}, httptest.NewRequest("GET", "/", nil))
	if got := rec.Body.String(); got != "before, and after" {
		t.Errorf("got %q", got)
	}
}
