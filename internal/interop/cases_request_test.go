package interop

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func requestCases() []testCase {
	return []testCase{
		{name: "query", says: "the query arrives as the client wrote it", run: query},
		{name: "method", says: "any method arrives as it is", run: method},
		{name: "repeated fields", says: "a repeated field has all of its values in order", run: repeatedFields},
		{name: "cookies", says: "cookies are one Cookie field for the handler", run: cookies},
		{name: "long field", says: "a field of 6 KB arrives whole", run: longRequestField},
		{name: "underscore", says: "a field whose name has an underscore cannot pose as one with a hyphen", run: underscore},
		{name: "proxy field", says: "Proxy: never becomes HTTP_PROXY, and no handler sees it", run: proxyField},
		{name: "authorization", says: "Authorization arrives where the front is told to pass it", run: authorization},
		{name: "unicode path", says: "an encoded path arrives decoded, and is still there as it was", run: path("/%E2%9C%93%20caf%C3%A9", "/✓ café")},
		{name: "percent path", says: "%25, + and ; in a path are what they are", run: path("/100%25+;a=b", "/100%+;a=b")},
		{name: "encoded slash", says: "%2F in a path is still told from a slash", run: path("/a%2Fb", "/a/b")},
		{name: "double slash", says: "two slashes in a path stay two", run: path("//a//b", "//a//b")},
		{name: "host", says: "the host arrives, with or without its port", run: host},
		{name: "remote address", says: "the handler is told the client's address", run: remote},
		{name: "no https", says: "a plain request is not taken for HTTPS", run: scheme(false)},
		{name: "https", says: "a request by TLS is known for one: HTTPS=on or a scheme", run: scheme(true)},
		{name: "connection reuse", says: "a client's one connection carries 40 requests of every kind", run: connectionReuse},
	}
}

func escapeQuery(s string) string { return url.QueryEscape(s) }

func query(t *testing.T, s *site) {
	const want = "a=1&b=%20x+y&c=%E2%9C%93&d"
	if got := s.seen(t, call{path: "/t/request?" + want}).Query; got != want {
		t.Errorf("query: want %q, got %q", want, got)
	}
	got := values(s.vars(t, call{path: "/vars?" + want}), "QUERY_STRING")
	if d := cmp.Diff([]string{want}, got); d != "" {
		t.Error(d)
	}
}

func method(t *testing.T, s *site) {
	for _, m := range []string{"GET", "PUT", "DELETE", "PATCH", "OPTIONS", "PROPFIND"} {
		if got := s.seen(t, call{method: m}).Method; got != m {
			t.Errorf("method: want %s, got %s", m, got)
		}
	}
}

func repeatedFields(t *testing.T, s *site) {
	v := s.seen(t, call{header: http.Header{"X-Repeated": {"a", "b, c", "d"}}})
	if got, want := strings.Join(v.Header.Values("X-Repeated"), ", "), "a, b, c, d"; got != want {
		t.Errorf("X-Repeated: want %q, got %q", want, got)
	}
}

func cookies(t *testing.T, s *site) {
	v := s.seen(t, call{header: http.Header{"Cookie": {"a=1; b=2", "c=3"}}})
	if d := cmp.Diff([]string{"a=1; b=2; c=3"}, v.Header["Cookie"]); d != "" {
		t.Error(d)
	}
}

func longRequestField(t *testing.T, s *site) {
	v := s.seen(t, call{header: http.Header{"X-Long": {longField}}})
	if got := v.Header.Get("X-Long"); got != longField {
		t.Errorf("X-Long: want %d bytes, got %d", len(longField), len(got))
	}
}

func underscore(t *testing.T, s *site) {
	v := s.seen(t, call{header: http.Header{"X_Real_Ip": {"forged"}, "X-Real-Ip2": {"true"}}})
	for name, values := range v.Header {
		if name != "X-Real-Ip2" && name != "X_real_ip" && slices.Contains(values, "forged") {
			t.Errorf("%s: %q came from X_Real_Ip", name, values)
		}
	}
}

func proxyField(t *testing.T, s *site) {
	h := http.Header{"Proxy": {"http://evil.example:8080"}}
	if v := s.seen(t, call{header: h}); v.Header.Get("Proxy") != "" {
		t.Errorf("the handler sees Proxy: %q", v.Header.Get("Proxy"))
	}
}

func authorization(t *testing.T, s *site) {
	const want = "Basic YWxhZGRpbjpvcGVuc2VzYW1l"
	v := s.seen(t, call{header: http.Header{"Authorization": {want}}})
	if got := v.Header.Get("Authorization"); got != want {
		t.Errorf("Authorization: want %q, got %q", want, got)
	}
}

// path checks that what follows /t/request arrives decoded in the path, and encoded in the URI.
func path(encoded, decoded string) func(*testing.T, *site) {
	return func(t *testing.T, s *site) {
		v := s.seen(t, call{path: "/t/request" + encoded})
		if want := "/t/request" + decoded; v.Path != want {
			t.Errorf("path: want %q, got %q", want, v.Path)
		}
		if want := "/t/request" + encoded; v.URI != want {
			t.Errorf("URI: want %q, got %q", want, v.URI)
		}
	}
}

func host(t *testing.T, s *site) {
	v := s.seen(t, call{})
	if v.Host != s.addr && v.Host != "127.0.0.1" {
		t.Errorf("host: want %q or the same without its port, got %q", s.addr, v.Host)
	}
}

func remote(t *testing.T, s *site) {
	v := s.seen(t, call{})
	forwarded := v.Header.Get("X-Forwarded-For")
	if !strings.HasPrefix(v.Remote, "127.0.0.1:") && !(s.protocol == "http" && forwarded == "127.0.0.1") {
		t.Errorf("remote address: want 127.0.0.1:port, got %q (X-Forwarded-For %q)", v.Remote, forwarded)
	}
}

func scheme(tls bool) func(*testing.T, *site) {
	return func(t *testing.T, s *site) {
		v := s.seen(t, call{tls: tls})
		got := v.TLS
		if s.protocol == "http" { // HTTP has no variable for it, only a custom
			got = v.Header.Get("X-Forwarded-Proto") == "https"
		}
		if got != tls {
			t.Errorf("HTTPS: want %v, got %v", tls, got)
		}
	}
}

func connectionReuse(t *testing.T, s *site) {
	body := pattern(t, 20_000)
	for i := range 40 {
		switch i % 4 {
		case 0:
			hello(t, s)
		case 1:
			s.do(t, call{path: "/t/sum", body: strings.NewReader(string(body))}).want(t, 200).wantBody(t, sumOf(body))
		case 2: // the handler does not read this one
			s.do(t, call{path: "/", body: strings.NewReader(string(body))}).want(t, 200)
		case 3:
			s.do(t, call{method: "HEAD", path: "/bytes?n=1000"}).want(t, 200).wantBody(t, "")
		}
	}
}
