package protocol

import (
	"errors"
	"io"
	"net/http"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestResponse(t *testing.T) {
	long := strings.Repeat("0123456789", 1000)
	for _, row := range []struct {
		text   string
		h      HandlerFunc
		calls  string // what the encoder was told
		status int
		header http.Header
		body   string
		cause  bool
	}{
		{"nothing", func(w ResponseWriter, r *Request) error { return nil },
			"head close", 200, http.Header{"Content-Length": {"0"}}, "", false},
		{"a small body is one piece, of known length", func(w ResponseWriter, r *Request) error {
			io.WriteString(w, "hello, ")
			w.Write([]byte("world"))
			return nil
		}, "head body close", 200, http.Header{"Content-Length": {"12"}, "Content-Type": {"text/plain; charset=utf-8"}}, "hello, world", false},
		{"a large one is not held back", func(w ResponseWriter, r *Request) error {
			io.WriteString(w, "first ")
			io.WriteString(w, long)
			return nil
		}, "head body body close", 200, http.Header{"Content-Type": {"text/plain; charset=utf-8"}}, "first " + long, false},
		{"a flush sends head and body", func(w ResponseWriter, r *Request) error {
			io.WriteString(w, "a")
			w.(http.Flusher).Flush()
			w.(http.Flusher).Flush()
			io.WriteString(w, "b")
			return nil
		}, "head body flush flush body close", 200, http.Header{"Content-Type": {"text/plain; charset=utf-8"}}, "ab", false},
		{"a flush without a body sends the head", func(w ResponseWriter, r *Request) error {
			w.WriteHeader(202)
			w.(http.Flusher).Flush()
			return nil
		}, "head flush close", 202, http.Header{}, "", false},
		{"an error before output is a page", func(w ResponseWriter, r *Request) error {
			w.Header().Set("X-Half", "done")
			w.WriteHeader(201)
			io.WriteString(w, "half")
			return &Error{Op: "x", Kind: ErrTooLarge, Detail: "2 > 1 bytes"}
		}, "head body close", 413, page("29"), "413 Request Entity Too Large\n", false},
		{"an error after output is the end's cause", func(w ResponseWriter, r *Request) error {
			w.(http.Flusher).Flush()
			return errors.New("x")
		}, "head flush close", 200, http.Header{}, "", true},
		{"a body shorter than declared", func(w ResponseWriter, r *Request) error {
			w.Header().Set("Content-Length", "9")
			io.WriteString(w, "short")
			return nil
		}, "head body close", 200, http.Header{"Content-Length": {"9"}, "Content-Type": {"text/plain; charset=utf-8"}}, "short", true},
		{"ErrAbortHandler before output sends nothing", func(w ResponseWriter, r *Request) error { panic(http.ErrAbortHandler) },
			"close", 0, nil, "", true},
		{"a 204", func(w ResponseWriter, r *Request) error { w.WriteHeader(204); return nil },
			"head close", 204, http.Header{}, "", false},
		{"a 304 keeps its length", func(w ResponseWriter, r *Request) error {
			w.Header().Set("Content-Length", "9")
			w.WriteHeader(304)
			return nil
		}, "head close", 304, http.Header{"Content-Length": {"9"}}, "", false},
		{"an informational status goes nowhere", func(w ResponseWriter, r *Request) error { w.WriteHeader(103); return nil },
			"head close", 200, http.Header{"Content-Length": {"0"}}, "", false},
		{"101 without Hijack", func(w ResponseWriter, r *Request) error { w.WriteHeader(101); return nil },
			"head body close", 500, page("26"), "500 Internal Server Error\n", false},
	} {
		t.Run(row.text, func(t *testing.T) {
			got := serve(t, row.h, get())
			if got.told() != row.calls || got.status != row.status || got.body.String() != row.body || (got.cause != nil) != row.cause {
				t.Errorf("%s; %d %q, cause %v", got.told(), got.status, got.body.String(), got.cause)
			}
			if diff := cmp.Diff(row.header, got.header); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// page is the header of an error page.
func page(length string) http.Header {
	return http.Header{"Content-Length": {length}, "Content-Type": {"text/plain; charset=utf-8"}, "X-Content-Type-Options": {"nosniff"}}
}

func TestResponseHeader(t *testing.T) {
	for _, row := range []struct {
		text string
		set  http.Header
		want http.Header // nil: refused
	}{
		{"spellings of one name are one field", http.Header{"x-a": {"1"}}, http.Header{"X-A": {"1"}}},
		{"a lower-case type stops the sniffing", http.Header{"content-type": {"a/b"}}, http.Header{"Content-Type": {"a/b"}}},
		{"a lower-case length is one", http.Header{"content-length": {"4"}}, http.Header{"Content-Length": {"4"}}},
		{"hop by hop", http.Header{"Connection": {"x"}, "Keep-Alive": {"x"}, "Transfer-Encoding": {"chunked"}, "upgrade": {"x"}, "TE": {"x"}}, http.Header{}},
		{"Status is the protocols'", http.Header{"Status": {"500"}, "status": {"500"}}, http.Header{}},
		{"trailers are dropped", http.Header{http.TrailerPrefix + "X": {"1"}, "Trailer": {"X"}}, http.Header{}},
		{"a line break in a value", http.Header{"X-A": {"a\r\nb"}}, nil},
		{"a line break in a name", http.Header{"X-A\nB": {"a"}}, nil},
		{"a line break in the second value", http.Header{"X-A": {"a", "b\n"}}, nil},
		{"no name", http.Header{"": {"a"}}, nil},
		{"a length that is none", http.Header{"Content-Length": {"x"}}, nil},
		{"two lengths", http.Header{"Content-Length": {"4", "4"}}, nil},
		{"two lengths in two spellings", http.Header{"Content-Length": {"4"}, "content-length": {"5"}}, nil},
	} {
		t.Run(row.text, func(t *testing.T) {
			got := serve(t, func(w ResponseWriter, r *Request) error {
				for name, values := range row.set {
					w.Header()[name] = values
				}
				io.WriteString(w, "body")
				return nil
			}, get())
			if row.want == nil {
				if got.status != 500 || got.body.String() == "body" || !strings.Contains(got.log, "refused response head") {
					t.Errorf("%d %q %s", got.status, got.body.String(), got.log)
				}
				return
			}
			for name, byDefault := range map[string]string{"Content-Type": "text/plain; charset=utf-8", "Content-Length": "4"} {
				if row.want[name] == nil {
					row.want[name] = []string{byDefault}
				}
			}
			if diff := cmp.Diff(row.want, got.header); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestResponseRefusesWrites(t *testing.T) {
	for _, row := range []struct {
		text string
		h    func(w ResponseWriter) error
		want error
	}{
		{"to a 204", func(w ResponseWriter) error { w.WriteHeader(204); _, err := io.WriteString(w, "x"); return err }, http.ErrBodyNotAllowed},
		{"to a 304", func(w ResponseWriter) error { w.WriteHeader(304); _, err := w.Write([]byte("x")); return err }, http.ErrBodyNotAllowed},
		{"beyond the length", func(w ResponseWriter) error {
			w.Header().Set("Content-Length", "1")
			_, err := w.Write([]byte("xy"))
			return err
		}, http.ErrContentLength},
		{"none of nothing", func(w ResponseWriter) error { w.WriteHeader(204); _, err := w.Write(nil); return err }, http.ErrBodyNotAllowed},
	} {
		serve(t, func(w ResponseWriter, r *Request) error {
			if err := row.h(w); err != row.want {
				t.Errorf("%s: %v", row.text, err)
			}
			return nil
		}, get())
	}
	var kept ResponseWriter
	serve(t, func(w ResponseWriter, r *Request) error { kept = w; return nil }, get())
	_, err := io.WriteString(kept, "late")
	if _, werr := kept.Write(nil); err == nil || werr == nil || http.NewResponseController(kept).Flush() == nil {
		t.Error("after the handler has returned")
	}
	kept.WriteHeader(500)
	if http.NewResponseController(kept).SetReadDeadline(zeroTime) == nil {
		t.Error("a deadline after the handler has returned")
	}
}

func TestResponseToAPeerThatHasGone(t *testing.T) {
	e := &record{fail: os.ErrClosed}
	log := serveOn(t, func(w ResponseWriter, r *Request) error {
		if _, err := w.Write(make([]byte, 10000)); err != os.ErrClosed {
			t.Errorf("Write: %v", err)
		}
		if _, err := w.Write([]byte("x")); err != os.ErrClosed {
			t.Errorf("Write again: %v", err)
		}
		return nil
	}, &script{steps: []step{{r: get(), enc: e}}})
	if !strings.Contains(log, "file already closed") {
		t.Errorf("the log has %q", log)
	}
}

func TestReadFrom(t *testing.T) {
	text := strings.Repeat("r", 100000)
	for _, row := range []struct {
		text   string
		length string
		body   string
		whole  bool
	}{
		{"without a length", "", text, true},
		{"of the length", "100000", text, true},
		{"beyond the length, which is filled", "70000", text[:70000], true},
		{"short of the length", "100001", text, false},
	} {
		t.Run(row.text, func(t *testing.T) {
			got := serve(t, func(w ResponseWriter, r *Request) error {
				if row.length != "" {
					w.Header().Set("Content-Length", row.length)
				}
				_, err := w.(io.ReaderFrom).ReadFrom(strings.NewReader(text))
				return err
			}, get())
			if got.body.String() != row.body || (got.cause == nil) != row.whole {
				t.Errorf("%d bytes, cause %v", got.body.Len(), got.cause)
			}
		})
	}
	got := serve(t, func(w ResponseWriter, r *Request) error {
		_, err := w.(io.ReaderFrom).ReadFrom(io.MultiReader(strings.NewReader("some"), errReader{}))
		return err
	}, get())
	if got.status != 500 {
		t.Errorf("a failing reader: %d %q", got.status, got.body.String())
	}
}

type errReader struct{}

func (errReader) Read([]byte) (int, error) { return 0, errors.New("broken") }

func TestHeadGetsNoBody(t *testing.T) {
	r := get()
	r.Params.Set("REQUEST_METHOD", "HEAD")
	got := serve(t, func(w ResponseWriter, r *Request) error {
		_, err := io.WriteString(w, "hello")
		return err
	}, r)
	if got.body.Len() != 0 || got.header.Get("Content-Length") != "5" || got.cause != nil {
		t.Errorf("%q %v", got.body.String(), got.header)
	}
	r = get()
	r.Params.Set("REQUEST_METHOD", "HEAD")
	got = serve(t, func(w ResponseWriter, r *Request) error { return &Error{Op: "x", Kind: ErrUnsupported} }, r)
	if got.body.Len() != 0 || got.status != 501 {
		t.Errorf("an error: %d %q", got.status, got.body.String())
	}
}
