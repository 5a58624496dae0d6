package protocol

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// incoming is a request as net/http's server gives it.
func incoming(method, target, host string, h http.Header) *http.Request {
	hr := httptest.NewRequest(method, target, nil)
	hr.Host, hr.RemoteAddr, hr.Header = host, "192.0.2.7:4711", h
	return hr.WithContext(context.WithValue(hr.Context(), http.LocalAddrContextKey, &net.TCPAddr{IP: net.IPv4(10, 0, 0, 1), Port: 8080}))
}

func TestVariablesFromHTTP(t *testing.T) {
	for _, row := range []struct {
		text string
		hr   *http.Request
		want Params
	}{
		{
			"a GET",
			incoming("GET", "/a%20b?c=d", "example.org:8080", http.Header{"User-Agent": {"x"}, "Accept": {"a", "b"}}),
			Pairs("QUERY_STRING", "c=d", "REQUEST_METHOD", "GET", "SCRIPT_NAME", "", "PATH_INFO", "/a b", "REQUEST_URI", "/a%20b?c=d",
				"SERVER_PROTOCOL", "HTTP/1.1", "REQUEST_SCHEME", "http", "GATEWAY_INTERFACE", "CGI/1.1", "SERVER_SOFTWARE", "Postern",
				"REMOTE_ADDR", "192.0.2.7", "REMOTE_PORT", "4711", "SERVER_ADDR", "10.0.0.1", "SERVER_PORT", "8080", "SERVER_NAME", "example.org",
				"HTTP_HOST", "example.org:8080", "HTTP_ACCEPT", "a, b", "HTTP_USER_AGENT", "x"),
		},
		{
			"names that could pose as another's, and what must not pass",
			incoming("GET", "/", "h", http.Header{
				"X-Forwarded-For": {"1"}, "X_Forwarded_For": {"2"}, "X.Forwarded.For": {"3"}, "Proxy": {"x"}, "Content-Length": {"9"},
				"Content_Length": {"9"}, "Transfer-Encoding": {"chunked"}, "Trailer": {"x"}, "Host": {"x"}, "X~Y": {"x"}, "Cookie": {"a=1", "b=2"},
			}),
			Pairs("QUERY_STRING", "", "REQUEST_METHOD", "GET", "CONTENT_LENGTH", "0", "SCRIPT_NAME", "", "PATH_INFO", "/", "REQUEST_URI", "/",
				"SERVER_PROTOCOL", "HTTP/1.1", "REQUEST_SCHEME", "http", "GATEWAY_INTERFACE", "CGI/1.1", "SERVER_SOFTWARE", "Postern",
				"REMOTE_ADDR", "192.0.2.7", "REMOTE_PORT", "4711", "SERVER_ADDR", "10.0.0.1", "SERVER_PORT", "8080", "SERVER_NAME", "h",
				"HTTP_HOST", "h", "HTTP_COOKIE", "a=1; b=2", "HTTP_X_FORWARDED_FOR", "1"),
		},
	} {
		t.Run(row.text, func(t *testing.T) {
			if diff := cmp.Diff(row.want, NewRequest(row.hr).Params); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestServerNameAndPort(t *testing.T) {
	for _, row := range []struct {
		host       string
		tls        bool
		name, port string
	}{
		{"example.org", false, "example.org", "8080"}, // the port of the connection
		{"example.org:81", false, "example.org", "81"},
		{"[2001:db8::1]:81", false, "[2001:db8::1]", "81"},
		{"[2001:db8::1]", false, "[2001:db8::1]", "8080"},
		{"", false, "10.0.0.1", "8080"},
		{"example.org", true, "example.org", "8080"},
	} {
		hr := incoming("GET", "/", row.host, nil)
		if row.tls {
			hr.TLS = new(tls.ConnectionState)
		}
		r := NewRequest(hr)
		if r.Params.Get("SERVER_NAME") != row.name || r.Params.Get("SERVER_PORT") != row.port || (r.Params.Get("HTTPS") == "on") != row.tls {
			t.Errorf("%q: %v", row.host, r.Params)
		}
		if r.Scheme() != map[bool]string{true: "https", false: "http"}[row.tls] {
			t.Errorf("%q: scheme %s", row.host, r.Scheme())
		}
	}
	for tls, port := range map[bool]string{false: "80", true: "443"} {
		hr, _ := http.NewRequest("GET", map[bool]string{false: "http", true: "https"}[tls]+"://example.org/p?q", nil)
		if r := NewRequest(hr); r.Params.Get("SERVER_PORT") != port || r.Params.Get("REQUEST_URI") != "/p?q" {
			t.Errorf("a client's request: %v", r.Params)
		}
	}
}

func TestThereAndBack(t *testing.T) {
	for _, target := range []string{"/", "/a%2Fb?c=%20", "/gr%C3%BC%C3%9Fe", "//x", "/a!b'(c)*"} {
		hr := incoming("POST", target, "example.org", http.Header{"X-A": {"1"}, "Content-Type": {"a/b"}, "Cookie": {"a=1"}})
		hr.Body, hr.ContentLength = io.NopCloser(strings.NewReader("body")), 4
		back, err := NewRequest(hr).HTTP()
		if err != nil {
			t.Fatal(err)
		}
		want := see(hr)
		want.Header["Content-Length"] = []string{"4"}
		if diff := cmp.Diff(want, see(back)); diff != "" {
			t.Errorf("%s: %s", target, diff)
		}
		if b, _ := io.ReadAll(back.Body); string(b) != "body" {
			t.Errorf("the body is %q", b)
		}
	}
}

func TestToHTTP(t *testing.T) {
	for _, row := range []struct {
		text   string
		h      HandlerFunc
		status int
		body   string
		cut    bool
	}{
		{"an answer", func(w ResponseWriter, r *Request) error { _, err := io.WriteString(w, "hello"); return err }, 200, "hello", false},
		{"an error", func(ResponseWriter, *Request) error { return &Error{Op: "x", Kind: ErrUnsupported} }, 501, "501 Not Implemented\n", false},
		{"a panic", func(ResponseWriter, *Request) error { panic("x") }, 500, "500 Internal Server Error\n", false},
		{"an error after output", func(w ResponseWriter, r *Request) error {
			io.WriteString(w, "half")
			w.(http.Flusher).Flush()
			return errors.New("x")
		}, 200, "half", true},
	} {
		t.Run(row.text, func(t *testing.T) {
			rec := httptest.NewRecorder()
			func() {
				defer func() {
					if v := recover(); (v == http.ErrAbortHandler) != row.cut {
						t.Errorf("panicked with %v", v)
					}
				}()
				l := &Loop{Handler: row.h, Log: quiet}
				l.ServeHTTP(rec, incoming("GET", "/", "h", nil))
			}()
			if rec.Code != row.status || rec.Body.String() != row.body {
				t.Errorf("%d %q", rec.Code, rec.Body)
			}
		})
	}
	if ToHTTP(HandlerFunc(nil)) == nil {
		t.Error("nil")
	}
}
