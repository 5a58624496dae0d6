package protocol

import (
	"bytes"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// A goneWriter is net/http's writer to a client that takes a first piece of a body and then leaves.
type goneWriter struct {
	http.ResponseWriter
	pieces int // that the client takes
}

func (w *goneWriter) Write(p []byte) (int, error) {
	if w.pieces--; w.pieces < 0 {
		return 0, syscall.EPIPE
	}
	return len(p), nil
}

func (w *goneWriter) FlushError() error { return syscall.EPIPE }

// A goneEncoder is that of another protocol to such a client.
type goneEncoder struct{ record }

func (e *goneEncoder) Write(p []byte) (int, error) { return len(p), nil }

func (e *goneEncoder) ReadFrom(r io.Reader) (int64, error) {
	n, err := io.CopyN(io.Discard, r, 10)
	if err == nil {
		err = &Error{Op: "write response", Kind: ErrAborted, Err: syscall.EPIPE}
	}
	return n, err
}

// A client that leaves amid a response is told as that, and at info, however the body was written
// and whether its handler returns the error or not. A body that cannot be read is another matter.
func TestClientThatLeavesAmidAResponse(t *testing.T) {
	name := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(name, make([]byte, 200_000), 0o644); err != nil {
		t.Fatal(err)
	}
	const gone = "level=INFO msg=\"request failed\" err=\"write response: aborted: broken pipe"
	for _, row := range []struct {
		name  string
		write func(w ResponseWriter, f *os.File) error
		web   bool // over HTTP alone
	}{
		{"pieces", func(w ResponseWriter, _ *os.File) (err error) {
			for i := 0; i < 20 && err == nil; i++ {
				_, err = w.Write(make([]byte, 10_000))
			}
			return err
		}, true},
		{"a flush", func(w ResponseWriter, _ *os.File) error {
			w.Write(make([]byte, 10_000))
			return http.NewResponseController(w).Flush()
		}, true},
		{"a file", func(w ResponseWriter, f *os.File) error {
			_, err := io.CopyN(w, f, 200_000)
			return err
		}, false},
		{"a reader", func(w ResponseWriter, f *os.File) error {
			_, err := io.Copy(w, io.MultiReader(f))
			return err
		}, false},
	} {
		for _, returned := range []bool{true, false} {
			for _, web := range []bool{true, false} {
				if row.web && !web {
					continue
				}
				var log bytes.Buffer
				l := &Loop{Log: slog.New(slog.NewTextHandler(&log, nil)), Handler: HandlerFunc(func(w ResponseWriter, r *Request) error {
					f, err := os.Open(name)
					if err != nil {
						return err
					}
					defer f.Close()
					w.Header().Set("Content-Type", "text/plain")
					w.Header().Set("Content-Length", "200000")
					if err = row.write(w, f); err == nil {
						t.Errorf("%s: no error", row.name)
					}
					if !returned {
						return nil
					}
					return err
				})}
				if web {
					func() {
						defer func() {
							if v := recover(); v != http.ErrAbortHandler {
								t.Errorf("%s: %v", row.name, v)
							}
						}()
						l.ServeHTTP(&goneWriter{httptest.NewRecorder(), 1}, httptest.NewRequest("GET", "/", nil))
					}()
				} else if err := l.Serve(t.Context(), &script{steps: []step{{r: get(), enc: new(goneEncoder)}}}); err != nil {
					t.Error(err)
				}
				if !strings.Contains(log.String(), gone) {
					t.Errorf("%s, returned %v, HTTP %v: %s", row.name, returned, web, log.String())
				}
			}
		}
	}
}

// What a body's reader fails with is told as it is.
func TestBodyThatCannotBeReadAmidAResponse(t *testing.T) {
	var log bytes.Buffer
	l := &Loop{Log: slog.New(slog.NewTextHandler(&log, nil)), Handler: HandlerFunc(func(w ResponseWriter, r *Request) error {
		_, err := io.Copy(w, io.MultiReader(strings.NewReader(strings.Repeat("r", 100_000)), errReader{}))
		return err
	})}
	func() {
		defer func() { recover() }()
		l.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest("GET", "/", nil))
	}()
	if !strings.Contains(log.String(), "level=ERROR msg=\"request failed\" err=broken") {
		t.Error(log.String())
	}
}
