package explore

import (
	"bytes"
	"strings"
	"testing"
)

// breaks are damages to the example, and what the parsers say.
var breaks = []struct {
	wire     string
	response bool
	change   func([]byte) []byte
	error    string
	at       int // -2: anywhere
	changes  string
}{
	{wire: "fastcgi", change: put(0, 2), error: "malformed: what came is no FastCGI: it begins with \"\\x02", at: 0},
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

// short lacks the last of the body.
func short(b []byte) []byte { return b[:len(b)-4] }

// What the page says of a request that is refused is what the server does.
func TestOutcomeIsTheServers(t *testing.T) {
	for _, row := range []struct {
		wire   string
		change func([]byte) []byte
		want   string
	}{
		{"fastcgi", put(16, 9), "closes the connection"}, // no id is known to answer
		{"fastcgi", put(24, 0xff), "with 4"},
		{"fastcgi", put(0, 9), "with 400"}, // in the words of HTTP
		{"scgi", put(1, 'x'), "with 400"},
		{"uwsgi", put(0, 0xad), "with 501"},
		{"uwsgi", put(5, 0xff), "with 400"},
		{"cgi", replace("CONTENT_LENGTH=12", "CONTENT_LENGTH=x2"), "with 400"},
		{"http", replace("HTTP/1.1", "HTTP/9.1"), "with 505"},
		{"cgi", short, "waits for more"},
		{"fastcgi", short, "waits for more"},
		{"scgi", short, "waits for more"},
		{"uwsgi", short, "waits for more"},
		{"http", short, "waits for more"},
		{"uwsgi", put(0, 0x64), "answers it by itself"}, // a ping
		{"fastcgi", put(9, 9), "answers it by itself"},  // END_REQUEST with UNKNOWN_ROLE
		{"http", replace("Host:", "Xost:"), "with 400"},
		{"http", replace("Content-Type: ", "Content-Length:2\r\nA: "), "with 400"},
	} {
		for _, p := range rows() {
			if p.name != row.wire {
				continue
			}
			b := row.change(bytes.Clone(p.draw(t.Context(), Example()).Request.Bytes))
			v, err := Break(t.Context(), Change{Input: Example(), Wire: row.wire, Bytes: b})
			if err != nil || !strings.Contains(v.Outcome, row.want) {
				t.Errorf("%s: %q (%s), want %q; %v", row.wire, v.Outcome, v.Error, row.want, err)
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
