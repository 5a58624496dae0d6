package protocol

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// A backendFunc is a RoundTripper.
type backendFunc func(ctx context.Context, r *Request) (*Response, error)

func (f backendFunc) RoundTrip(ctx context.Context, r *Request) (*Response, error) { return f(ctx, r) }

// answers is a backend that answers so, and notes what it was asked in got.
func answers(got **Request, status int, h http.Header, body string) RoundTripper {
	return backendFunc(func(_ context.Context, r *Request) (*Response, error) {
		*got = r
		return &Response{Status: status, Header: h, Body: io.NopCloser(strings.NewReader(body))}, nil
	})
}

func TestTransportVariables(t *testing.T) {
	client := func(method, url string, h http.Header) *http.Request {
		hr, err := http.NewRequest(method, url, nil)
		if err != nil {
			t.Fatal(err)
		}
		hr.Header = h
		return hr
	}
	passedOn := incoming("GET", "/before?x", "example.org", http.Header{"User-Agent": {""}, "Accept": {"*/*"}})
	passedOn.URL.Path = "/after" // RequestURI stays what it was
	for _, row := range []struct {
		text string
		hr   *http.Request
		want Params
	}{
		{"a client's", client("", "http://backend.test:81/a%20b?c=d", http.Header{"X-Tag": {"a", "b"}, "Proxy": {"x"}}),
			Pairs("QUERY_STRING", "c=d", "REQUEST_METHOD", "GET", "SCRIPT_NAME", "", "PATH_INFO", "/a b", "REQUEST_URI", "/a%20b?c=d",
				"SERVER_PROTOCOL", "HTTP/1.1", "REQUEST_SCHEME", "http", "GATEWAY_INTERFACE", "CGI/1.1", "SERVER_SOFTWARE", "Postern",
				"REMOTE_ADDR", "127.0.0.1", "SERVER_PORT", "81", "SERVER_NAME", "backend.test", "HTTP_HOST", "backend.test:81", "HTTP_X_TAG", "a, b")},
		{"a client's, for https", client("HEAD", "https://backend.test", nil),
			Pairs("QUERY_STRING", "", "REQUEST_METHOD", "HEAD", "SCRIPT_NAME", "", "PATH_INFO", "/", "REQUEST_URI", "/",
				"SERVER_PROTOCOL", "HTTP/1.1", "REQUEST_SCHEME", "https", "HTTPS", "on", "GATEWAY_INTERFACE", "CGI/1.1", "SERVER_SOFTWARE", "Postern",
				"REMOTE_ADDR", "127.0.0.1", "SERVER_PORT", "443", "SERVER_NAME", "backend.test", "HTTP_HOST", "backend.test")},
		{"one that is passed on", passedOn,
			Pairs("QUERY_STRING", "x", "REQUEST_METHOD", "GET", "SCRIPT_NAME", "", "PATH_INFO", "/after", "REQUEST_URI", "/after?x",
				"SERVER_PROTOCOL", "HTTP/1.1", "REQUEST_SCHEME", "http", "GATEWAY_INTERFACE", "CGI/1.1", "SERVER_SOFTWARE", "Postern",
				"REMOTE_ADDR", "192.0.2.7", "REMOTE_PORT", "4711", "SERVER_ADDR", "10.0.0.1", "SERVER_PORT", "8080", "SERVER_NAME", "example.org",
				"HTTP_HOST", "example.org", "HTTP_ACCEPT", "*/*")},
	} {
		t.Run(row.text, func(t *testing.T) {
			var got *Request
			before := see(row.hr)
			res, err := (&Transport{Backend: answers(&got, 200, nil, "")}).RoundTrip(row.hr)
			if err != nil {
				t.Fatal(err)
			}
			res.Body.Close()
			if diff := cmp.Diff(row.want, got.Params); diff != "" {
				t.Error(diff)
			}
			if diff := cmp.Diff(before, see(row.hr)); diff != "" {
				t.Errorf("the request was changed: %s", diff)
			}
		})
	}
}

func TestTransportResponse(t *testing.T) {
	for _, row := range []struct {
		method string
		status int
		h      http.Header
		line   string
		length int64
		keys   int // of the header that are left
	}{
		{"GET", 200, http.Header{"Content-Length": {"4"}}, "200 OK", 4, 1},
		{"GET", 200, http.Header{}, "200 OK", -1, 0},
		{"GET", 404, nil, "404 Not Found", -1, 0},
		{"GET", 299, http.Header{"Status": {"299 Mostly Fine"}}, "299 Mostly Fine", -1, 0},
		{"HEAD", 200, http.Header{"Content-Length": {"9"}}, "200 OK", 9, 1},
		{"GET", 204, http.Header{}, "204 No Content", 0, 0},
		{"GET", 304, http.Header{"Content-Length": {"9"}}, "304 Not Modified", 0, 1},
	} {
		hr := httptest.NewRequest(row.method, "http://backend.test/", nil)
		var got *Request
		res, err := (&Transport{Backend: answers(&got, row.status, row.h, "")}).RoundTrip(hr)
		if err != nil {
			t.Errorf("%s: %v", row.line, err)
			continue
		}
		if res.Status != row.line || res.StatusCode != row.status || res.ContentLength != row.length || len(res.Header) != row.keys ||
			res.Request != hr || !res.ProtoAtLeast(1, 1) {
			t.Errorf("%s: got %+v", row.line, res)
		}
	}
}

func TestTransportErrors(t *testing.T) {
	request := func(change func(hr *http.Request)) *http.Request {
		hr := httptest.NewRequest("POST", "http://backend.test/", nil)
		change(hr)
		return hr
	}
	fails := errors.New("it fails")
	for _, row := range []struct {
		text    string
		hr      *http.Request
		backend RoundTripper
		want    string
	}{
		{"no URL", request(func(hr *http.Request) { hr.URL = nil }), nil, "send request: malformed: no URL"},
		{"a method of two words", request(func(hr *http.Request) { hr.Method = "A B" }), nil, `send request: malformed: method "A B"`},
		{"a host that ends the line", request(func(hr *http.Request) { hr.Host = "a\n" }), nil, `send request: malformed: host "a\n"`},
		{"a field that ends the line", request(func(hr *http.Request) { hr.Header.Set("X", "a\r\nY: b") }), nil, "send request: malformed: value of header X"},
		{"the backend's", request(func(*http.Request) {}), backendFunc(func(context.Context, *Request) (*Response, error) { return nil, fails }), "it fails"},
		{"a body that is short", request(func(hr *http.Request) {
			hr.ContentLength, hr.GetBody = 9, func() (io.ReadCloser, error) { return nil, nil }
		}), nil, "read request body: aborted: unexpected EOF"},
		{"an interim status", request(func(*http.Request) {}), backendFunc(func(context.Context, *Request) (*Response, error) {
			return &Response{Status: 103, Body: io.NopCloser(strings.NewReader(""))}, nil
		}), "read response: upstream: status 103 is no final one"},
	} {
		body := &countedBody{Reader: strings.NewReader("body")}
		row.hr.Body = body
		_, err := (&Transport{Backend: row.backend}).RoundTrip(row.hr)
		if err == nil || err.Error() != row.want || body.closed != 1 {
			t.Errorf("%s: got %v, and the body was closed %d times", row.text, err, body.closed)
		}
	}
}

// A length without a body is no body, as NewRequest has it.
func TestTransportLengthWithoutABody(t *testing.T) {
	hr := httptest.NewRequest("POST", "http://backend.test/", nil)
	hr.Body, hr.ContentLength, hr.GetBody = nil, 9, func() (io.ReadCloser, error) { return nil, io.ErrClosedPipe }
	var got *Request
	res, err := (&Transport{Backend: answers(&got, 200, nil, "")}).RoundTrip(hr)
	if err != nil {
		t.Fatal(err)
	}
	if res.Body.Close(); got.Body != nil || got.ContentLength != 0 {
		t.Errorf("a body of %d bytes", got.ContentLength)
	}
}

// A countedBody counts how often it is closed.
type countedBody struct {
	io.Reader
	closed int
}

func (b *countedBody) Close() error {
	b.closed++
	return nil
}

// The request's body is closed with the response's, once, and not while it is being read.
func TestTransportClosesTheBody(t *testing.T) {
	began, release, ended := make(chan bool), make(chan bool), make(chan error)
	body := &countedBody{Reader: readerFunc(func([]byte) (int, error) {
		began <- true
		<-release
		return 0, io.EOF
	})}
	hr := httptest.NewRequest("POST", "http://backend.test/", nil)
	hr.Body, hr.ContentLength = body, -1
	var got *Request
	res, err := (&Transport{Backend: answers(&got, 200, nil, "answer")}).RoundTrip(hr)
	if err != nil {
		t.Fatal(err)
	}
	if b, err := io.ReadAll(res.Body); string(b) != "answer" || err != nil || body.closed != 0 {
		t.Errorf("%q, %v, and the body was closed %d times", b, err, body.closed)
	}
	go func() {
		_, err := got.Body.Read(make([]byte, 9))
		ended <- err
	}()
	<-began
	res.Body.Close()
	res.Body.Close()
	if body.closed != 0 {
		t.Error("the body was closed while it was read")
	}
	release <- true
	if err := <-ended; err != io.EOF || body.closed != 1 {
		t.Errorf("%v, and the body was closed %d times", err, body.closed)
	}
	if _, err := got.Body.Read(nil); err != http.ErrBodyReadAfterClose {
		t.Errorf("a read after that: %v", err)
	}
}

// A readerFunc is a reader.
type readerFunc func(p []byte) (int, error)

func (f readerFunc) Read(p []byte) (int, error) { return f(p) }

// What Rewrite does reaches the backend, and so does GetBody.
func TestTransportRewrite(t *testing.T) {
	hr, err := http.NewRequest("POST", "http://backend.test/", strings.NewReader("body"))
	if err != nil {
		t.Fatal(err)
	}
	var got *Request
	tr := &Transport{Backend: answers(&got, 200, nil, ""), Rewrite: func(out *Request) { out.Params.Set("SCRIPT_FILENAME", "/app.php") }}
	res, err := tr.RoundTrip(hr)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if _, ok := got.Body.(interface{ Len() int }); !ok {
		t.Errorf("a small body that can be had again is not in memory but a %T", got.Body)
	}
	if text := readAgain(t, got); text != "body" || got.ContentLength != 4 || got.Params.Get("SCRIPT_FILENAME") != "/app.php" {
		t.Errorf("%q of %d bytes, %v", text, got.ContentLength, got.Params)
	}
}
