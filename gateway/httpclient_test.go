package gateway_test

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/postern-gateway/postern/gateway"
	"github.com/postern-gateway/postern/protocol"
)

// backend is a plain net/http server, and the client for it.
func backend(t *testing.T, h http.HandlerFunc) *gateway.HTTPClient {
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	return httpClient(t, s.Listener.Addr())
}

func TestHTTPClientSendsWhatTheVariablesTell(t *testing.T) {
	var got *http.Request
	var body string
	c := backend(t, func(w http.ResponseWriter, r *http.Request) {
		b, _ := io.ReadAll(r.Body)
		got, body = r, string(b)
	})
	params := append(requestParams("POST", "/a%2Fb/c?d=%20e"), protocol.Pairs("HTTPS", "on", "CONTENT_TYPE", "text/x",
		"HTTP_X_FORWARDED_FOR", "198.51.100.1", "HTTP_X_FORWARDED_PROTO", "spoofed", "HTTP_X_FORWARDED_HOST", "spoofed", "HTTP_FORWARDED", "for=spoofed",
		"HTTP_CONNECTION", "keep-alive, X-Hop", "HTTP_X_HOP", "1", "HTTP_KEEP_ALIVE", "1", "HTTP_TE", "trailers", "HTTP_UPGRADE", "h2c",
		"HTTP_PROXY", "http://evil.test", "HTTP_X_END", "1")...)
	for _, length := range []int64{4, -1} {
		res, err := c.RoundTrip(t.Context(), &protocol.Request{Params: params, Body: strings.NewReader("body"), ContentLength: length})
		if err != nil {
			t.Fatal(err)
		}
		res.Body.Close()
		if length >= 0 {
			delete(got.Header, "Content-Length")
		}
		want := http.Header{"Content-Type": {"text/x"}, "X-Forwarded-For": {"198.51.100.1, 192.0.2.7"}, "X-Forwarded-Proto": {"https"},
			"X-Forwarded-Host": {"postern.test"}, "X-End": {"1"}}
		if diff := cmp.Diff(want, got.Header); diff != "" {
			t.Error(diff)
		}
		line := got.Method + " " + got.RequestURI + " " + got.Host + " " + body
		if diff := cmp.Diff("POST /a%2Fb/c?d=%20e postern.test body", line); diff != "" {
			t.Error(diff)
		}
		if got.ContentLength != length {
			t.Errorf("a body of length %d was sent as one of %d", length, got.ContentLength)
		}
	}
}

// A switch to HTTP/2 is a front's own affair: what a tunnel of it carries nobody here would see.
func TestHTTPClientPassesNoSwitchToHTTP2On(t *testing.T) {
	for asked, want := range map[string]http.Header{
		"h2c":            {},
		"H2C":            {},
		"websocket":      {"Upgrade": {"websocket"}, "Connection": {"Upgrade"}},
		"h2c, websocket": {"Upgrade": {"websocket"}, "Connection": {"Upgrade"}},
		"websocket,h2c":  {"Upgrade": {"websocket"}, "Connection": {"Upgrade"}},
	} {
		var got http.Header
		c := backend(t, func(w http.ResponseWriter, r *http.Request) { got = r.Header })
		res, err := c.RoundTrip(t.Context(), &protocol.Request{Params: append(requestParams("GET", "/"),
			protocol.Pairs("HTTP_CONNECTION", "Upgrade", "HTTP_UPGRADE", asked, "HTTP_HTTP2_SETTINGS", "AAMAAABkAAQAAP__")...)})
		if err != nil {
			t.Fatal(err)
		}
		res.Body.Close()
		for name := range got {
			if strings.HasPrefix(name, "X-Forwarded-") {
				delete(got, name)
			}
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: %s", asked, diff)
		}
	}
}

func TestHTTPClientKeepsForwarded(t *testing.T) {
	var got http.Header
	c := backend(t, func(w http.ResponseWriter, r *http.Request) { got = r.Header })
	c.KeepForwarded = true
	res, err := c.RoundTrip(t.Context(), &protocol.Request{Params: append(requestParams("GET", "/"),
		protocol.Pairs("HTTP_X_FORWARDED_FOR", "198.51.100.1", "HTTP_USER_AGENT", "mine")...)})
	if err != nil {
		t.Fatal(err)
	}
	res.Body.Close()
	if diff := cmp.Diff(http.Header{"X-Forwarded-For": {"198.51.100.1"}, "User-Agent": {"mine"}}, got); diff != "" {
		t.Error(diff)
	}
}

func TestHTTPClientErrors(t *testing.T) {
	closed := tcp(t)
	closed.Close()
	c := httpClient(t, closed.Addr())
	_, err := c.RoundTrip(t.Context(), &protocol.Request{Params: requestParams("GET", "/")})
	if !errors.Is(err, protocol.ErrUpstream) || protocol.Status(err) != 502 {
		t.Errorf("refused: %v", err)
	}
	c = &gateway.HTTPClient{Dial: func(context.Context) (net.Conn, error) { return nil, context.DeadlineExceeded }}
	if _, err := c.RoundTrip(t.Context(), &protocol.Request{Params: requestParams("GET", "/")}); protocol.Status(err) != 504 {
		t.Errorf("too slow: %v", err)
	}
	if _, err := c.RoundTrip(t.Context(), &protocol.Request{Params: requestParams("G T", "/")}); !errors.Is(err, protocol.ErrMalformed) {
		t.Errorf("no method: %v", err)
	}
	c = backend(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Length", "10")
		io.WriteString(w, "half")
		http.NewResponseController(w).Flush()
		panic(http.ErrAbortHandler)
	})
	res, err := c.RoundTrip(t.Context(), &protocol.Request{Params: requestParams("GET", "/")})
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if b, err := io.ReadAll(res.Body); !errors.Is(err, protocol.ErrUpstream) || !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("cut: %q, %v", b, err)
	}
}
