package explore

import (
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// inputs are requests and answers of many kinds.
var inputs = []Input{
	Example(),
	{Method: "GET", Path: "/", Answer: Answer{Status: 204}},
	{Method: "HEAD", Path: "/a%20b", Query: "q=1", Headers: []Field{{"Host", "h:8080"}}, Answer: Answer{Status: 200, Body: "x"}},
	{Method: "PUT", Path: "/x", Headers: []Field{{"X-A", "1"}, {"X-A", "2"}, {"Content-Type", "a/b"}}, Body: strings.Repeat("x", 300),
		Answer: Answer{Status: 302, Headers: []Field{{"Location", "http://example.org/"}}}},
	{Method: "POST", Path: "/", Headers: []Field{{"X-Long", strings.Repeat("y", 200)}}, Body: "\x00\xff\n", Answer: Answer{Status: 500, Body: strings.Repeat("z", 2000)}},
}

// Each byte is in one span, no span has an error, and each field has a meaning.
func TestEachByteIsExplained(t *testing.T) {
	for _, in := range inputs {
		v, err := Draw(t.Context(), in)
		if err != nil {
			t.Fatal(err)
		}
		for _, w := range v.Wires {
			if w.Error != "" {
				t.Errorf("%s %s: %s", in.Method, w.Name, w.Error)
			}
			checkSide(t, w.Name+" request", w.Request)
			checkSide(t, w.Name+" response", w.Response)
			if sum := w.Cost.Content + w.Cost.Framing; sum != len(w.Request.Bytes)+len(w.Response.Bytes) {
				t.Errorf("%s: %d bytes counted", w.Name, sum)
			}
		}
	}
}

func checkSide(t *testing.T, name string, s Side) {
	t.Helper()
	n := 0
	for _, m := range s.Messages {
		for _, span := range m.Spans {
			if span.Offset != n || span.Error != "" {
				t.Errorf("%s: span %+v at %d", name, span, n)
			}
			n += span.Length
			if meanings[name][span.Field].Says == "" {
				t.Errorf("%s: nothing says what %q means", name, span.Field)
			}
		}
	}
	if n != len(s.Bytes) || n == 0 {
		t.Errorf("%s: %d of %d bytes are in spans", name, n, len(s.Bytes))
	}
}

// The variables of the request are the same in every protocol that has variables.
func TestVariablesAreTheSame(t *testing.T) {
	in := Example()
	for _, row := range rows() {
		if row.name == "http" {
			continue // its client has no place for some
		}
		r, err := row.parse(row.requestOf(in))
		if err != nil {
			t.Fatalf("%s: %v", row.name, err)
		}
		r.Params.Del("SCGI")
		for name, want := range in.params().All() {
			if got, ok := r.Params.Lookup(name); !ok || got != want {
				t.Errorf("%s: %s is %q, want %q", row.name, name, got, want)
			}
		}
		if body, _ := appendAll(nil, r.Body); string(body) != in.Body {
			t.Errorf("%s: body %q", row.name, body)
		}
	}
}

// The same variable has the same name in every protocol.
func TestVariableNamesOfSpans(t *testing.T) {
	v, err := Draw(t.Context(), Example())
	if err != nil {
		t.Fatal(err)
	}
	for _, w := range v.Wires {
		for _, name := range []string{"REQUEST_METHOD", "REQUEST_URI", "HTTP_HOST", "CONTENT_TYPE", "CONTENT_LENGTH", "REMOTE_ADDR", "body"} {
			if !hasVariable(w.Request, name) {
				t.Errorf("%s: no span of %s", w.Name, name)
			}
		}
		for _, name := range []string{"answer Status", "answer Content-Type", "answer body"} {
			if !hasVariable(w.Response, name) {
				t.Errorf("%s: no span of %s", w.Name, name)
			}
		}
	}
}

func hasVariable(s Side, name string) bool {
	for _, m := range s.Messages {
		for _, span := range m.Spans {
			if span.Variable == name {
				return true
			}
		}
	}
	return false
}

func TestBadInputs(t *testing.T) {
	for _, row := range []struct {
		want   string
		change func(*Input)
	}{
		{"method", func(in *Input) { in.Method = "G T" }},
		{"CONNECT", func(in *Input) { in.Method = "CONNECT" }},
		{"slash", func(in *Input) { in.Path = "x" }},
		{"%20", func(in *Input) { in.Query = "a b" }},
		{"header name", func(in *Input) { in.Headers = []Field{{"a b", "c"}} }},
		{"line break", func(in *Input) { in.Answer.Headers = []Field{{"A", "b\nc"}} }},
		{"status 99", func(in *Input) { in.Answer.Status = 99 }},
		{"too much", func(in *Input) { in.Body = strings.Repeat("x", maxText+1) }},
		{"escape", func(in *Input) { in.Path = "/%zz" }},
		{"question mark", func(in *Input) { in.Path = "/a?b" }},
		{"one Host", func(in *Input) { in.Headers = []Field{{"Host", "a"}, {"host", "b"}} }},
		{"status 204 has no body", func(in *Input) { in.Answer.Status = 204 }},
		{"status 304 has no body", func(in *Input) { in.Answer.Status = 304 }},
		{"Content-Length of the answer: its body has 12 bytes", func(in *Input) { in.Answer.Headers = []Field{{"content-length", "2"}} }},
		{"Content-Length of the answer: its body has 12 bytes", func(in *Input) { in.Answer.Headers = []Field{{"Content-Length", "99"}} }},
	} {
		in := Example()
		row.change(&in)
		_, err := Draw(t.Context(), in)
		if err == nil || !strings.Contains(err.Error(), row.want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: %v", row.want, err)
		}
	}
}

// What a header field becomes is what the fronts make of it.
func TestVariablesOfHeaders(t *testing.T) {
	for _, row := range []struct{ header, value, name, want string }{
		{"Host", "[::1]:8080", "SERVER_NAME", "[::1]"},
		{"Host", "[::1]:8080", "SERVER_PORT", "8080"},
		{"Host", "[::1]", "SERVER_NAME", "[::1]"},
		{"Host", "[::1]", "SERVER_PORT", "80"},
		{"Host", "a:8080", "SERVER_NAME", "a"},
		{"Host", "a:", "SERVER_PORT", "80"},
		{"Cookie", "a=1", "HTTP_COOKIE", "a=1; b=2"},
		{"X-A", "1", "HTTP_X_A", "1, b=2"},
		{"Content-Length", "99", "CONTENT_LENGTH", "12"},
	} {
		in := Example()
		in.Headers = []Field{{row.header, row.value}}
		if row.want != row.value && strings.Contains(row.want, "b=2") { // comes twice
			in.Headers = append(in.Headers, Field{row.header, "b=2"})
		}
		if got := in.params().Get(row.name); got != row.want {
			t.Errorf("%s: %s: %s is %q, want %q", row.header, row.value, row.name, got, row.want)
		}
	}
}

// A NUL ends a string of the environment: no variable of CGI has one.
func TestNULInTheEnvironment(t *testing.T) {
	in := Example()
	in.Path = "/a%00b"
	v, err := Draw(t.Context(), in)
	if err != nil {
		t.Fatal(err)
	}
	for _, w := range v.Wires {
		if cannot := w.Name == "cgi" || w.Name == "scgi"; cannot != (strings.Contains(w.Error, "PATH_INFO") && len(w.Request.Bytes) == 0) {
			t.Errorf("%s: %q, %q", w.Name, w.Error, w.Request.Bytes)
		}
	}
}

// What is no number is said in words.
func TestBadCall(t *testing.T) {
	_, err := Call(t.Context(), "draw", []byte(`{"answer":{"status":200.5}}`))
	if err == nil || err.Error() != "answer.status: number 200.5 is not possible here" {
		t.Error(err)
	}
}

// The system calls that the page tells are those that the benchmarks hold each wire to.
func TestCostsAreThoseOfTheBenchmarks(t *testing.T) {
	b, err := os.ReadFile("../../benchmarks/syscalls_linux_test.go")
	if err != nil {
		t.Fatal(err)
	}
	rows := regexp.MustCompile(`\{"([a-z-]+)", get, (\d+) \* 1\.15\}`).FindAllStringSubmatch(string(b), -1)
	if len(rows) != 5 {
		t.Fatalf("%d rows", len(rows))
	}
	told := map[string]int{
		"fastcgi-close": costs["fastcgi"].Own.Number, "fastcgi": costs["fastcgi"].Kept.Number,
		"scgi": costs["scgi"].Own.Number, "uwsgi": costs["uwsgi"].Own.Number, "http": costs["http"].Kept.Number,
	}
	for _, row := range rows {
		if want, _ := strconv.Atoi(row[2]); told[row[1]] != want {
			t.Errorf("%s: %d system calls, want %d", row[1], told[row[1]], want)
		}
	}
}
