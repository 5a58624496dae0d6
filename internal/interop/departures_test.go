package interop

import (
	"bufio"
	"bytes"
	"net/http"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// A departure is a case that a front does not keep, with what it does instead. It is the front's
// own behaviour: nothing that a backend sends changes it.
type departure struct {
	front, protocol string   // an empty one is any
	conf            []string // none is any
	cases           []string
	why             string
	run             func(t *testing.T, s *site) // what was observed, checked
}

func departureOf(p *pair, name string) *departure {
	for _, d := range departures() {
		if (d.front == "" || d.front == p.front.name) && (d.protocol == "" || d.protocol == p.protocol) &&
			(d.conf == nil || slices.Contains(d.conf, p.label())) && slices.Contains(d.cases, name) {
			return &d
		}
	}
	return nil
}

func departures() []departure {
	return slices.Concat(departuresOfFields(), departuresOfBodies(), departuresOfEnds())
}

func departuresOfFields() []departure {
	commaCookies := func(t *testing.T, s *site) {
		v := s.seen(t, call{header: http.Header{"Cookie": {"a=1; b=2", "c=3"}}})
		if d := cmp.Diff([]string{"a=1; b=2, c=3"}, v.Header["Cookie"]); d != "" {
			t.Error(d)
		}
	}
	underscoreSeen := func(t *testing.T, s *site) {
		v := s.seen(t, call{header: http.Header{"X_Real_Ip": {"forged"}}})
		if got := v.Header.Get("X-Real-Ip"); got != "forged" {
			t.Errorf("X-Real-Ip: want what X_Real_Ip says, got %q", got)
		}
	}
	return []departure{
		{front: "apache2", cases: []string{"cookies"}, run: commaCookies,
			why: "Apache joins repeated fields with a comma, Cookie too"},
		{front: "caddy", protocol: "fastcgi", cases: []string{"cookies"}, run: commaCookies,
			why: "Caddy joins repeated fields with a comma, Cookie too"},
		{front: "lighttpd", protocol: "fastcgi", cases: []string{"underscore"}, run: underscoreSeen,
			why: "lighttpd makes HTTP_X_REAL_IP of X_Real_Ip too: nobody behind it can tell them apart"},
		{front: "lighttpd", protocol: "scgi", cases: []string{"underscore"}, run: underscoreSeen,
			why: "lighttpd makes HTTP_X_REAL_IP of X_Real_Ip too: nobody behind it can tell them apart"},
		{front: "lighttpd", protocol: "uwsgi", cases: []string{"underscore"}, run: underscoreSeen,
			why: "lighttpd makes HTTP_X_REAL_IP of X_Real_Ip too: nobody behind it can tell them apart"},
		{front: "lighttpd", protocol: "cgi", cases: []string{"underscore"}, run: underscoreSeen,
			why: "lighttpd makes HTTP_X_REAL_IP of X_Real_Ip too: nobody behind it can tell them apart"},
		{front: "caddy", protocol: "fastcgi", cases: []string{"underscore"}, run: underscoreSeen,
			why: "Caddy makes HTTP_X_REAL_IP of X_Real_Ip too: nobody behind it can tell them apart"},
	}
}

func departuresOfBodies() []departure {
	refused := func(status int) func(*testing.T, *site) {
		return func(t *testing.T, s *site) {
			for _, n := range []int64{5, 300_000} {
				c := s.raw(t, "POST", "/t/sum", "Transfer-Encoding: chunked")
				// The front may answer before it has taken the body, and close.
				_, _ = c.Write(chunkedBytes(pattern(t, n)))
				resp, err := http.ReadResponse(bufio.NewReader(c), nil)
				if err != nil {
					t.Fatal(err)
				}
				resp.Body.Close()
				if n > 100_000 && resp.StatusCode != status {
					t.Errorf("chunked body of %d bytes: want status %d, got %d", n, status, resp.StatusCode)
				}
			}
			hello(t, s)
		}
	}
	chunkedCases := []string{"chunked upload", "small chunked upload"}
	return []departure{
		{front: "haproxy", protocol: "fastcgi", cases: []string{"chunked upload"}, run: refused(400),
			why: "HAProxy must know a body's length for FastCGI, and counts only what fits in its buffer: 400"},
		{front: "apache2", protocol: "scgi", cases: chunkedCases, run: refused(411),
			why: "mod_proxy_scgi does not store a chunked body to count it: 411"},
		{front: "apache2", protocol: "uwsgi", cases: chunkedCases, run: refused(411),
			why: "mod_proxy_uwsgi does not store a chunked body to count it: 411"},
	}
}

func chunkedBytes(body []byte) []byte {
	var b bytes.Buffer
	for len(body) > 0 {
		n := min(len(body), 4096)
		b.WriteString(hex(n) + "\r\n")
		b.Write(body[:n])
		b.WriteString("\r\n")
		body = body[n:]
	}
	b.WriteString("0\r\n\r\n")
	return b.Bytes()
}

func departuresOfEnds() []departure {
	// That the handler is not told cannot be checked but by waiting. What can: a handler that
	// writes is told, by the case after this one, and nobody else is harmed.
	untold := hello
	gone, cut := []string{"client gone"}, []string{"cut answer"}
	// A client sees what the front makes of it, but never more than there is.
	wholeOrNot := func(t *testing.T, s *site) {
		for _, path := range []string{"/t/cut", "/t/short"} {
			if r, err := s.try(t.Context(), call{path: path}); err == nil && len(r.body) > 50_000 {
				t.Errorf("%s: %d bytes of at most 50000", path, len(r.body))
			}
		}
		hello(t, s)
	}
	return []departure{
		{front: "nginx", protocol: "http", cases: []string{"early hints"}, run: earlyHintsFinal,
			why: "nginx before 1.29 takes a 103 for the final response"},
		{front: "apache2", cases: gone, run: untold,
			why: "Apache does not look at its client while it waits for the backend"},
		{front: "lighttpd", cases: gone, run: untold,
			why: "lighttpd takes the end of what a client sends for half a close, and waits on for the answer"},
		{front: "haproxy", protocol: "fastcgi", conf: []string{"fastcgi-unix", "fastcgi-mpxs"}, cases: gone, run: untold,
			why: "HAProxy sends no ABORT_REQUEST once it has ended STDIN and until output comes"},
		{front: "caddy", protocol: "fastcgi", cases: gone, run: untold,
			why: "Caddy goes on for a client that has gone, where flush_interval is -1"},
		{front: "apache2", protocol: "uwsgi", cases: cut, run: wholeOrNot,
			why: "mod_proxy_uwsgi takes a reset for the end of the response"},
		{front: "apache2", protocol: "uwsgi", cases: []string{"short answer, kept"}, run: hello,
			why: "mod_proxy_uwsgi takes a reset for the end of the response, counts nothing and keeps its client"},
		{front: "lighttpd", protocol: "cgi", cases: []string{"short answer, kept"}, run: hello,
			why: "lighttpd takes the end of a script's output for the end of its response, counts nothing and keeps its client"},
		{front: "lighttpd", cases: cut, run: wholeOrNot,
			why: "lighttpd takes a hangup for the end of the response, when it sees that first"},
		{front: "caddy", cases: cut, run: wholeOrNot,
			why: "Caddy 2.6 ends a response that broke off as if it were whole, and says so only in its log"},
		{front: "apache2", protocol: "cgi", cases: append(cut, "short answer"), run: wholeOrNot,
			why: "Apache takes the end of a script's output for the end of its response, and drops its Content-Length"},
		{front: "haproxy", protocol: "fastcgi", conf: []string{"fastcgi-mpxs"}, cases: []string{"many at once"},
			run: func(t *testing.T, s *site) { flood(t, s, 48, 8, larger) },
			why: "HAProxy 2.6 that multiplexes answers 500 itself when a request's variables do not fit in what its buffer has left"},
	}
}

// earlyHintsFinal wants what nginx makes of a 103: the status of the answer.
func earlyHintsFinal(t *testing.T, s *site) {
	c := s.raw(t, "GET", "/t/hints")
	resp, err := http.ReadResponse(bufio.NewReader(c), nil)
	if err != nil {
		t.Fatal(err)
	}
	if resp.StatusCode != http.StatusEarlyHints {
		t.Errorf("status: want 103, got %d", resp.StatusCode)
	}
}
