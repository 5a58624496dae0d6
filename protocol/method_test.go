package protocol

import (
	"bytes"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"testing"
)

// Without a REQUEST_METHOD a request is answered 400, and the log names the include that the front
// has forgotten: DELETE /x must not be served as GET /.
func TestWithoutRequestMethod(t *testing.T) {
	native := HandlerFunc(func(w ResponseWriter, r *Request) error { _, err := io.WriteString(w, "served"); return err })
	web := FromHTTP(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, "served") }))
	for _, row := range []struct {
		text     string
		protocol string
		p        Params
		role     Role
		handler  Handler
		optional bool
		status   int
		log      string
	}{
		{"fastcgi", "fastcgi", Pairs("A", "b"), Responder, native, false, 400, "include fastcgi_params;"},
		{"scgi", "scgi", Pairs("CONTENT_LENGTH", "0", "SCGI", "1"), Responder, native, false, 400, "include scgi_params;"},
		{"uwsgi", "uwsgi", Pairs("A", "b"), Responder, native, false, 400, "include uwsgi_params;"},
		{"cgi", "cgi", nil, Responder, native, false, 400, "no REQUEST_METHOD"},
		{"an empty one", "uwsgi", Pairs("REQUEST_METHOD", ""), Responder, native, false, 400, "include uwsgi_params;"},
		{"one that is blanked", "uwsgi", Pairs("REQUEST_METHOD", "GET", "REQUEST_METHOD", ""), Responder, native, false, 400, "include uwsgi_params;"},
		{"no token", "scgi", Pairs("REQUEST_METHOD", "GET /x HTTP/1.1"), Responder, native, false, 400, "is no token"},
		{"no token, and net/http", "scgi", Pairs("REQUEST_METHOD", "GET\r\nX: y"), Responder, web, false, 400, "is no token"},
		{"no token, as fcgiwrap", "fastcgi", Pairs("REQUEST_METHOD", "GET x"), Responder, native, true, 400, "is no token"},
		{"a method that is not HTTP's own", "scgi", Pairs("REQUEST_METHOD", "M-SEARCH"), Responder, native, false, 200, ""},
		{"a Filter", "fastcgi", Pairs("A", "b"), Filter, native, false, 400, "include fastcgi_params;"},
		{"an Authorizer needs none", "fastcgi", Pairs("A", "b"), Authorizer, native, false, 200, ""},
		{"nor does one by net/http", "fastcgi", Pairs("A", "b"), Authorizer, web, false, 200, ""},
		{"as fcgiwrap", "fastcgi", Pairs("A", "b"), Responder, native, true, 200, ""},
		{"as fcgiwrap, and net/http", "fastcgi", Pairs("A", "b"), Responder, web, true, 400, "include fastcgi_params;"},
	} {
		t.Run(row.text, func(t *testing.T) {
			var log bytes.Buffer
			l := &Loop{Handler: row.handler, MethodOptional: row.optional, Log: slog.New(slog.NewTextHandler(&log, nil))}
			enc := new(methodEncoder)
			l.exchange(t.Context(), new(l.Limits.Resolve()), nil, nil, &Request{Protocol: row.protocol, Params: row.p, Role: row.role}, enc, nil)
			if enc.status != row.status || !strings.Contains(log.String(), row.log) || row.log == "" && log.Len() > 0 {
				t.Errorf("status %d, logged %s", enc.status, &log)
			}
		})
	}
	if m := (&Request{Params: Pairs("A", "b")}).Method(); m != "" {
		t.Errorf("Method() makes %q of none", m)
	}
}

// A methodEncoder notes the status.
type methodEncoder struct{ status int }

func (e *methodEncoder) WriteHeader(status int, _ http.Header) error { e.status = status; return nil }
func (e *methodEncoder) Write(p []byte) (int, error)                 { return len(p), nil }
func (e *methodEncoder) Flush() error                                { return nil }
func (e *methodEncoder) Close(error) error                           { return nil }
