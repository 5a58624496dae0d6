package protocol

import (
	"errors"
	"net/http"
	"net/url"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// A seen is what of an *http.Request can be compared.
type seen struct {
	Method, URL, URI, Host, Remote, Proto string
	TLS                                   bool
	Length                                int64
	Header                                http.Header
}

func see(hr *http.Request) seen {
	return seen{hr.Method, hr.URL.String(), hr.RequestURI, hr.Host, hr.RemoteAddr, hr.Proto, hr.TLS != nil, hr.ContentLength, hr.Header}
}

// fronts are requests as real servers put them.
var fronts = []struct {
	text   string
	p      Params
	length int64
	want   seen
}{
	{
		"nginx, fastcgi_params of Debian 12",
		Pairs("QUERY_STRING", "a=b", "REQUEST_METHOD", "GET", "CONTENT_TYPE", "", "CONTENT_LENGTH", "", "SCRIPT_NAME", "/a b", "REQUEST_URI", "/a%20b?a=b",
			"DOCUMENT_URI", "/a b", "DOCUMENT_ROOT", "/usr/share/nginx/html", "SERVER_PROTOCOL", "HTTP/1.1", "REQUEST_SCHEME", "http",
			"GATEWAY_INTERFACE", "CGI/1.1", "SERVER_SOFTWARE", "nginx/1.22.1", "REMOTE_ADDR", "127.0.0.1", "REMOTE_PORT", "45678",
			"REMOTE_USER", "", "SERVER_ADDR", "127.0.0.1", "SERVER_PORT", "8888", "SERVER_NAME", "localhost", "REDIRECT_STATUS", "200",
			"HTTP_HOST", "127.0.0.1:8888", "HTTP_USER_AGENT", "curl/7.88.1", "HTTP_ACCEPT", "*/*"),
		0,
		seen{"GET", "/a%20b?a=b", "/a%20b?a=b", "127.0.0.1:8888", "127.0.0.1:45678", "HTTP/1.1", false, 0,
			http.Header{"User-Agent": {"curl/7.88.1"}, "Accept": {"*/*"}}},
	},
	{
		"nginx, the path by DOCUMENT_URI alone",
		Pairs("REQUEST_METHOD", "DELETE", "DOCUMENT_URI", "/a b", "QUERY_STRING", "c=d"),
		0,
		seen{"DELETE", "/a%20b?c=d", "/a%20b?c=d", "", "", "HTTP/1.1", false, 0, http.Header{}},
	},
	{
		"nginx behind TLS and HTTP/2, HTTPS by if_not_empty",
		Pairs("REQUEST_METHOD", "POST", "CONTENT_TYPE", "text/plain", "CONTENT_LENGTH", "5", "REQUEST_URI", "/", "SERVER_PROTOCOL", "HTTP/2.0",
			"REQUEST_SCHEME", "https", "HTTPS", "on", "REMOTE_ADDR", "2001:db8::1", "REMOTE_PORT", "1", "SERVER_PORT", "443", "SERVER_NAME", "_",
			"HTTP_HOST", "example.org"),
		5,
		seen{"POST", "/", "/", "example.org", "[2001:db8::1]:1", "HTTP/2.0", true, 5,
			http.Header{"Content-Type": {"text/plain"}, "Content-Length": {"5"}}},
	},
	{
		"Apache's mod_proxy_scgi: SCRIPT_NAME is the whole path",
		Pairs("CONTENT_LENGTH", "0", "SCGI", "1", "HTTP_HOST", "localhost:8080", "HTTP_USER_AGENT", "x", "PATH", "/usr/bin", "SERVER_SIGNATURE", "",
			"SERVER_SOFTWARE", "Apache/2.4.71 (Debian)", "SERVER_NAME", "localhost", "SERVER_ADDR", "::1", "SERVER_PORT", "8080", "REMOTE_ADDR", "::1",
			"DOCUMENT_ROOT", "/var/www/html", "REQUEST_SCHEME", "http", "CONTEXT_PREFIX", "", "SERVER_ADMIN", "you@example.com",
			"SCRIPT_FILENAME", "proxy:scgi://127.0.0.1:4000/x/y%20z", "REMOTE_PORT", "50000", "GATEWAY_INTERFACE", "CGI/1.1",
			"SERVER_PROTOCOL", "HTTP/1.1", "REQUEST_METHOD", "GET", "QUERY_STRING", "", "REQUEST_URI", "/x/y%20z", "SCRIPT_NAME", "/x/y z"),
		0,
		seen{"GET", "/x/y%20z", "/x/y%20z", "localhost:8080", "[::1]:50000", "HTTP/1.1", false, 0, http.Header{"User-Agent": {"x"}}},
	},
	{
		"lighttpd's mod_fastcgi, PATH_INFO apart",
		Pairs("SERVER_SOFTWARE", "lighttpd/1.4.69", "SERVER_NAME", "127.0.0.1", "GATEWAY_INTERFACE", "CGI/1.1", "SERVER_PORT", "8090", "SERVER_ADDR", "127.0.0.1",
			"REMOTE_PORT", "33333", "REMOTE_ADDR", "127.0.0.1", "SCRIPT_NAME", "/app", "PATH_INFO", "/p/q", "SCRIPT_FILENAME", "/srv/app",
			"DOCUMENT_ROOT", "/srv/", "REQUEST_URI", "/app/p/q?z", "QUERY_STRING", "z", "REQUEST_METHOD", "PUT", "REDIRECT_STATUS", "200",
			"SERVER_PROTOCOL", "HTTP/1.1", "CONTENT_LENGTH", "3", "HTTP_CONTENT_LENGTH", "3", "HTTP_HOST", "127.0.0.1:8090"),
		3,
		seen{"PUT", "/app/p/q?z", "/app/p/q?z", "127.0.0.1:8090", "127.0.0.1:33333", "HTTP/1.1", false, 3, http.Header{"Content-Length": {"3"}}},
	},
	{
		"HAProxy: no REQUEST_SCHEME, HTTPS only with TLS",
		Pairs("REMOTE_ADDR", "192.0.2.1", "REQUEST_METHOD", "GET", "DOCUMENT_ROOT", "/", "SERVER_NAME", "example.org", "SERVER_PORT", "443", "HTTPS", "on",
			"QUERY_STRING", "", "REQUEST_URI", "/", "SCRIPT_NAME", "/", "SCRIPT_FILENAME", "/", "SERVER_PROTOCOL", "HTTP/2.0", "GATEWAY_INTERFACE", "CGI/1.1",
			"SERVER_SOFTWARE", "HAProxy 2.6.12", "HTTP_HOST", "example.org"),
		0,
		seen{"GET", "/", "/", "example.org", "192.0.2.1:0", "HTTP/2.0", true, 0, http.Header{}},
	},
	{
		"Caddy",
		Pairs("GATEWAY_INTERFACE", "CGI/1.1", "HTTP_HOST", "localhost:2015", "HTTP_X_FORWARDED_FOR", "127.0.0.1", "HTTP_X_FORWARDED_HOST", "localhost:2015",
			"HTTP_X_FORWARDED_PROTO", "http", "HTTPS", "", "PATH_INFO", "", "QUERY_STRING", "", "REMOTE_ADDR", "127.0.0.1", "REMOTE_HOST", "127.0.0.1",
			"REMOTE_PORT", "60000", "REQUEST_METHOD", "HEAD", "REQUEST_SCHEME", "http", "REQUEST_URI", "/x", "SCRIPT_NAME", "/x", "SERVER_NAME", "localhost",
			"SERVER_PORT", "2015", "SERVER_PROTOCOL", "HTTP/1.1", "SERVER_SOFTWARE", "Caddy/v2.6.2"),
		0,
		seen{"HEAD", "/x", "/x", "localhost:2015", "127.0.0.1:60000", "HTTP/1.1", false, 0,
			http.Header{"X-Forwarded-For": {"127.0.0.1"}, "X-Forwarded-Host": {"localhost:2015"}, "X-Forwarded-Proto": {"http"}}},
	},
	{
		"nginx before 1.23: fields that came twice are variables twice",
		Pairs("REQUEST_METHOD", "GET", "REQUEST_URI", "/", "HTTP_X_A", "1", "HTTP_COOKIE", "a=1", "HTTP_X_A", "2", "HTTP_COOKIE", "b=2"),
		0,
		seen{"GET", "/", "/", "", "", "HTTP/1.1", false, 0, http.Header{"X-A": {"1, 2"}, "Cookie": {"a=1; b=2"}}},
	},
	{
		"nothing but a method: an Authorizer's request",
		Pairs("REQUEST_METHOD", "GET"),
		0,
		seen{"GET", "/", "/", "", "", "HTTP/1.1", false, 0, http.Header{}},
	},
	{
		"of a plain variable that is there twice the last counts",
		Pairs("REQUEST_METHOD", "GET", "REQUEST_URI", "/first", "REQUEST_METHOD", "PUT", "REQUEST_URI", "/second", "HTTP_HOST", "one", "HTTP_HOST", "two"),
		0,
		seen{"PUT", "/second", "/second", "two", "", "HTTP/1.1", false, 0, http.Header{}},
	},
	{
		"a front's own words after its include, also the empty ones",
		Pairs("REQUEST_METHOD", "GET", "REQUEST_URI", "/", "REMOTE_ADDR", "192.0.2.1", "REMOTE_PORT", "1", "SERVER_NAME", "a", "SERVER_PORT", "80", "HTTPS", "on",
			"CONTENT_TYPE", "text/evil", "REMOTE_ADDR", "192.0.2.2", "SERVER_NAME", "b", "SERVER_PORT", "8080", "HTTPS", "", "CONTENT_TYPE", ""),
		0,
		seen{"GET", "/", "/", "b:8080", "192.0.2.2:1", "HTTP/1.1", false, 0, http.Header{}},
	},
	{
		"of a field that is no list the last counts",
		Pairs("REQUEST_METHOD", "GET", "REQUEST_URI", "/", "HTTP_AUTHORIZATION", "mallory", "HTTP_USER_AGENT", "a", "HTTP_REFERER", "a", "HTTP_RANGE", "bytes=0-1",
			"HTTP_IF_MODIFIED_SINCE", "a", "HTTP_CONTENT_LOCATION", "a", "HTTP_ACCEPT", "a", "HTTP_AUTHORIZATION", "bob", "HTTP_USER_AGENT", "b", "HTTP_REFERER", "b",
			"HTTP_RANGE", "bytes=2-3", "HTTP_IF_MODIFIED_SINCE", "b", "HTTP_CONTENT_LOCATION", "b", "HTTP_ACCEPT", "b"),
		0,
		seen{"GET", "/", "/", "", "", "HTTP/1.1", false, 0, http.Header{"Authorization": {"bob"}, "User-Agent": {"b"}, "Referer": {"b"}, "Range": {"bytes=2-3"},
			"If-Modified-Since": {"b"}, "Content-Location": {"b"}, "Accept": {"a, b"}}},
	},
	{
		"no Host: the server's name and port, an IPv6 address in brackets",
		Pairs("REQUEST_METHOD", "GET", "REQUEST_URI", "/", "SERVER_NAME", "2001:db8::2", "SERVER_PORT", "8080"),
		0,
		seen{"GET", "/", "/", "[2001:db8::2]:8080", "", "HTTP/1.1", false, 0, http.Header{}},
	},
	{
		"no Host: a port that is the scheme's own is left out",
		Pairs("REQUEST_METHOD", "GET", "REQUEST_URI", "/", "SERVER_NAME", "example.org", "SERVER_PORT", "443", "HTTPS", "on"),
		0,
		seen{"GET", "/", "/", "example.org", "", "HTTP/1.1", true, 0, http.Header{}},
	},
	{
		"an absolute URI, as proxies are asked",
		Pairs("REQUEST_METHOD", "GET", "REQUEST_URI", "http://other.example/p?q", "HTTP_HOST", "example.org"),
		0,
		seen{"GET", "http://other.example/p?q", "http://other.example/p?q", "example.org", "", "HTTP/1.1", false, 0, http.Header{}},
	},
	{
		"what must not pass: Proxy in any spelling, lengths, codings; names that no field can have",
		Pairs("REQUEST_METHOD", "GET", "REQUEST_URI", "/", "HTTP_PROXY", "x", "HTTP_Proxy", "x", "HTTP_proxy", "x", "HTTP_CONTENT_LENGTH", "9",
			"HTTP_CONTENT_TYPE", "x", "HTTP_TRANSFER_ENCODING", "chunked", "HTTP_TRAILER", "x", "HTTP_", "x", "HTTP_A B", "x", "HTTP_A\n", "x", "HTTP_host", "x"),
		0,
		seen{"GET", "/", "/", "", "", "HTTP/1.1", false, 0, http.Header{}},
	},
}

func TestHTTPFromVariables(t *testing.T) {
	for _, row := range fronts {
		t.Run(row.text, func(t *testing.T) {
			r := &Request{Params: row.p, ContentLength: row.length}
			hr, err := r.HTTP()
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(row.want, see(hr)); diff != "" {
				t.Error(diff)
			}
			one := seen{Method: r.Method(), URI: r.RequestURI(), Host: r.Host(), Remote: r.RemoteAddr(), TLS: r.Scheme() == "https", Header: r.Header()}
			if u, err := r.URL(); err == nil {
				one.URL = u.String()
			}
			// the table is for the next run too
			row.want.Proto, row.want.Length, row.want.Header = "", 0, row.want.Header.Clone()
			delete(row.want.Header, "Content-Length")
			if diff := cmp.Diff(row.want, one); diff != "" {
				t.Errorf("one by one: %s", diff)
			}
		})
	}
}

func TestHTTPRefuses(t *testing.T) {
	for _, row := range []struct{ text, name, value string }{
		{"a URI that is not decodable", "REQUEST_URI", "/%zz"},
		{"a URI that ends in a percent sign", "REQUEST_URI", "/a%"},
		{"a URI without a slash", "REQUEST_URI", "a/b"},
		{"a URI with a control character", "REQUEST_URI", "/a\x7fb"},
		{"a URI with a line break", "REQUEST_URI", "/a\r\nb"},
		{"a method with a blank", "REQUEST_METHOD", "GE T"},
		{"a method with a line break", "REQUEST_METHOD", "GET\r\nX: y"},
		{"a method beyond ASCII", "REQUEST_METHOD", "GÉT"},
	} {
		r := get()
		r.Params.Set(row.name, row.value)
		if _, err := r.HTTP(); !errors.Is(err, ErrMalformed) || Status(err) != 400 {
			t.Errorf("%s: %v", row.text, err)
		}
	}
}

func TestURLsArePlainOnlyIfNetURLAgrees(t *testing.T) {
	for _, uri := range []string{"/", "/a/b?c=d", "/a!b'(c)*", "/a;b=c,d:e@f$g&h", "/?", "/a?b?c", "/a?%zz", "/a#b", "/a?b#c", "//h/p", "/a|b", "/\"<>^`{}", "/a?\"<>"} {
		r := get()
		r.Params.Set("REQUEST_URI", uri)
		hr, err := r.HTTP()
		parsed, perr := url.ParseRequestURI(uri) // what net/http's server does
		if (err != nil) != (perr != nil) {
			t.Errorf("%s: %v, net/http says %v", uri, err, perr)
			continue
		}
		if err == nil && (hr.URL.String() != parsed.String() || hr.URL.Path != parsed.Path || hr.URL.RawQuery != parsed.RawQuery) {
			t.Errorf("%s: %q, net/http has %q", uri, hr.URL, parsed)
		}
	}
}
