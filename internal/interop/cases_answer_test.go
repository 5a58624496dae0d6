package interop

import (
	"net/http"
	"strconv"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/postern-gateway/postern/internal/demo"
)

func answerCases() []testCase {
	return []testCase{
		{name: "hello", says: "GET / is the greeting as text/plain, with its length", run: hello},
		{name: "head", says: "HEAD / has the head of GET / and no body", run: head},
		{name: "status 204", says: "a 204 arrives without a body", run: status(204, "")},
		{name: "status 304", says: "a 304 arrives without a body", run: status(304, "")},
		{name: "status 404", says: "a 404 arrives with its body", run: status(404, "404 Not Found\n")},
		{name: "status 503", says: "a 503 arrives with its body", run: status(503, "503 Service Unavailable\n")},
		{name: "status 418", says: "a status that the front may not know arrives", run: status(418, "418 I'm a teapot\n")},
		{name: "unknown path", says: "a path that the demo does not have is its own 404", run: unknownPath},
		{name: "panic", says: "a handler that panics answers 500, and the next request is served", run: panics},
		{name: "redirect 302", says: "a redirect arrives with its status and Location", run: redirect(302, "/elsewhere?x=1")},
		{name: "redirect 307 absolute", says: "an absolute Location arrives as it is", run: redirect(307, "https://example.com/a%20b")},
		{name: "redirect 201", says: "a Location beside another status than 3xx is no redirect", run: redirect(201, "/created/1")},
		{name: "response fields", says: "two Set-Cookie, a field of 6 KB and a byte beyond ASCII arrive", run: responseFields},
		{name: "early hints", says: "a 103 before the answer does not disturb the answer", run: earlyHints},
	}
}

func hello(t *testing.T, s *site) {
	r := s.get(t, "/").wantBody(t, demo.Hello)
	if got := r.header.Get("Content-Type"); got != "text/plain" {
		t.Errorf("Content-Type: want text/plain, got %q", got)
	}
}

func head(t *testing.T, s *site) {
	r := s.do(t, call{method: "HEAD", path: "/"}).want(t, http.StatusOK).wantBody(t, "")
	if got := r.header.Get("Content-Type"); got != "text/plain" {
		t.Errorf("Content-Type: want text/plain, got %q", got)
	}
	hello(t, s)
}

func status(code int, body string) func(*testing.T, *site) {
	return func(t *testing.T, s *site) {
		s.do(t, call{path: "/status?code=" + strconv.Itoa(code)}).want(t, code).wantBody(t, body)
	}
}

func unknownPath(t *testing.T, s *site) {
	r := s.do(t, call{path: "/no/such"}).want(t, http.StatusNotFound)
	if want := `no such path: "/no/such"`; len(r.body) < len(want) || string(r.body[:len(want)]) != want {
		t.Errorf("body: want %q first, got %q", want, r.body)
	}
}

func panics(t *testing.T, s *site) {
	s.do(t, call{path: "/panic"}).want(t, http.StatusInternalServerError)
	hello(t, s)
}

func redirect(code int, to string) func(*testing.T, *site) {
	return func(t *testing.T, s *site) {
		q := "/t/redirect?code=" + strconv.Itoa(code) + "&to=" + escapeQuery(to)
		r := s.do(t, call{path: q}).want(t, code)
		if got := r.header.Get("Location"); got != to {
			t.Errorf("Location: want %q, got %q", to, got)
		}
	}
}

func responseFields(t *testing.T, s *site) {
	r := s.get(t, "/t/fields").wantBody(t, demo.Hello)
	want := http.Header{
		"Set-Cookie":   {"a=1; Path=/", "b=2; Path=/"},
		"X-Long":       {longField},
		"X-Unicode":    {"caf\xc3\xa9"},
		"Content-Type": {"text/x-exercise; charset=utf-8"},
	}
	got := http.Header{}
	for name := range want {
		got[name] = r.header.Values(name)
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
}

func earlyHints(t *testing.T, s *site) {
	s.get(t, "/t/hints").wantBody(t, demo.Hello)
}
