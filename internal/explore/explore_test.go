package explore

import (
	"bytes"
	"context"
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/postern-gateway/postern/protocol"
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
	} {
		in := Example()
		row.change(&in)
		_, err := Draw(t.Context(), in)
		if err == nil || !strings.Contains(err.Error(), row.want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: %v", row.want, err)
		}
	}
}

// breaks are damages to the example, and what the parsers say.
var breaks = []struct {
	wire     string
	response bool
	change   func([]byte) []byte
	error    string
	at       int // -2: anywhere
	changes  string
}{
	{wire: "fastcgi", change: put(0, 2), error: "malformed: uwsgi on a FastCGI listener", at: 0},
	{wire: "fastcgi", change: put(16, 2), error: "fastcgi: read record: malformed: version 2, want 1", at: 16},
	{wire: "scgi", change: put(1, 'x'), error: `scgi: read head: malformed: netstring length "3x"`, at: 1},
	{wire: "scgi", change: replace("POST", "GOST"), at: -1, changes: `REQUEST_METHOD is "GOST", and was "POST"`},
	{wire: "uwsgi", change: put(5, 0xff), error: "uwsgi: read params: malformed", at: -2},
	{wire: "cgi", change: replace("CONTENT_LENGTH=12", "CONTENT_LENGTH=x2"), error: "CONTENT_LENGTH", at: -1},
	{wire: "http", change: replace("HTTP/1.1", "HTTP/1_1"), error: "malformed HTTP version", at: -2},
	{wire: "http", change: replace("Ada", "Eda"), at: -1, changes: `the body is "Eda Lovelace", and was "Ada Lovelace"`},
	{wire: "fastcgi", response: true, change: put(0, 9), error: "version 9", at: 0},
	{wire: "scgi", response: true, change: replace("201", "x01"), error: "upstream", at: -2},
	{wire: "cgi", response: true, change: replace("Hello", "Jello"), at: -1, changes: `the body is "Jello, Ada!\n"`},
}

func put(at int, value byte) func([]byte) []byte {
	return func(b []byte) []byte { b[at] = value; return b }
}

func replace(from, to string) func([]byte) []byte {
	return func(b []byte) []byte { return bytes.Replace(b, []byte(from), []byte(to), 1) }
}

func TestBreak(t *testing.T) {
	in := Example()
	for _, row := range breaks {
		for _, p := range rows() {
			if p.name != row.wire {
				continue
			}
			w := p.draw(t.Context(), in)
			b := w.Request.Bytes
			if row.response {
				b = w.Response.Bytes
			}
			v, err := Break(t.Context(), Change{Input: in, Wire: row.wire, Response: row.response, Bytes: row.change(bytes.Clone(b))})
			if err != nil {
				t.Fatal(err)
			}
			if !strings.Contains(v.Error, row.error) || (v.Error == "") != (row.error == "") || row.at != -2 && v.At != row.at ||
				!strings.Contains(strings.Join(v.Changes, "\n"), row.changes) || v.Outcome == "" {
				t.Errorf("%s: %+v\nwant %q at %d, changes %q", row.wire, v, row.error, row.at, row.changes)
			}
		}
	}
}

// Whatever one byte is changed to, and wherever a side ends, something is said of it, and each byte
// that is told of is there.
func TestBreakAnything(t *testing.T) {
	in := Example()
	for _, p := range rows() {
		w := p.draw(t.Context(), in)
		for _, response := range []bool{false, true} {
			b := w.Request.Bytes
			if response {
				b = w.Response.Bytes
			}
			for at := 0; at < len(b); at += 7 {
				for _, changed := range [][]byte{put(at, b[at]^0x41)(bytes.Clone(b)), bytes.Clone(b[:at])} {
					v, err := Break(t.Context(), Change{Input: in, Wire: p.name, Response: response, Bytes: changed})
					if err != nil || v.Outcome == "" && v.Error == "" {
						t.Errorf("%s at %d: %+v, %v", p.name, at, v, err)
					}
				}
			}
		}
	}
}

func TestInterleave(t *testing.T) {
	records, err := Interleave(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, r := range records {
		direction := "<"
		if r.Front {
			direction = ">"
		}
		got = append(got, direction+" "+r.Message.Title)
	}
	want := []string{
		"> BEGIN_REQUEST 1 RESPONDER KEEP_CONN", "> PARAMS 1", "> BEGIN_REQUEST 2 RESPONDER KEEP_CONN", "> PARAMS 1 end", "> STDIN 1 end",
		"< STDOUT 1", "> PARAMS 2", "> PARAMS 2 end", "> STDIN 2 end", "< STDOUT 2", "< STDOUT 2 end", "< END_REQUEST 2 REQUEST_COMPLETE 0",
		"< STDOUT 1", "< STDOUT 1 end", "< END_REQUEST 1 REQUEST_COMPLETE 0",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestRecordings(t *testing.T) {
	list, err := Recordings()
	if err != nil || len(list) != 4 {
		t.Fatalf("%d recordings, %v", len(list), err)
	}
	for _, r := range list {
		checkSide(t, r.Wire+" request", r.Side)
	}
}

func TestCall(t *testing.T) {
	argument, _ := json.Marshal(Example())
	for _, row := range []struct{ name, argument, want string }{
		{"draw", string(argument), `"title":"BEGIN_REQUEST 1 RESPONDER"`},
		{"break", `{"wire":"ajp","input":` + string(argument) + `}`, `no protocol "ajp"`},
		{"draw", `{`, "unexpected end of JSON"},
		{"undo", `{}`, `no "undo" to call`},
	} {
		out, err := Call(context.Background(), row.name, []byte(row.argument))
		text := string(out)
		if err != nil {
			text = err.Error()
		}
		if !strings.Contains(text, row.want) {
			t.Errorf("%s: %s", row.name, text)
		}
	}
}

// What a recipe's Go program sends is checked by who compiles it; here, that it is in order.
func TestRecipes(t *testing.T) {
	list, err := Recipes(Example())
	if err != nil || len(list) != len(rows()) {
		t.Fatal(list, err)
	}
	in := Example()
	want := `curl -i -X POST -H 'Host: example.org' -H 'User-Agent: curl/8.5.0' -H 'Content-Type: text/plain' --data-binary 'Ada Lovelace' 'http://127.0.0.1:8080/guests?lang=en'`
	if diff := cmp.Diff(want, in.curl("http://127.0.0.1:8080")); diff != "" {
		t.Error(diff)
	}
	if got := shellQuoted("it's"); got != `'it'\''s'` {
		t.Error(got)
	}
}

func TestNoVariableIsLost(t *testing.T) {
	var p protocol.Params = (&Input{Path: "/", Headers: []Field{{"A", "1"}, {"a", "2"}, {"Content-Length", "9"}}}).params()
	if v, _ := p.Lookup("HTTP_A"); v != "1, 2" {
		t.Error(v)
	}
	if _, ok := p.Lookup("CONTENT_LENGTH"); ok {
		t.Error("a length without a body")
	}
}
