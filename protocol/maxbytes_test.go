package protocol

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// A body beyond the limit of net/http, as by http.MaxBytesHandler, is a 413, as it is beyond ours.
func TestBodyBeyondMaxBytes(t *testing.T) {
	for name, h := range map[string]Handler{
		"native": HandlerFunc(func(w ResponseWriter, r *Request) error {
			_, err := io.Copy(io.Discard, r.Body)
			if !errors.Is(err, ErrTooLarge) {
				t.Errorf("native: %v", err)
			}
			return err
		}),
		"net/http": FromHTTP(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			_, err := io.Copy(io.Discard, r.Body)
			if e, ok := errors.AsType[*http.MaxBytesError](err); !ok || e.Limit != 10 {
				t.Errorf("net/http: %v", err)
			}
			w.WriteHeader(Status(err))
		})),
	} {
		rec := httptest.NewRecorder()
		http.MaxBytesHandler(ToHTTP(h), 10).ServeHTTP(rec, httptest.NewRequest("POST", "/", strings.NewReader("eleven byte")))
		if rec.Code != http.StatusRequestEntityTooLarge {
			t.Errorf("%s: %d", name, rec.Code)
		}
	}
}
