package explore

import (
	"context"
	"encoding/json"
	"go/parser"
	"go/token"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/postern-gateway/postern/gateway/endpoint"
	"github.com/postern-gateway/postern/protocol"
)

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

// The programs are Go, the addresses are those that the command takes.
func TestRecipes(t *testing.T) {
	list, err := Recipes(Example())
	if err != nil || len(list) != len(rows()) {
		t.Fatal(list, err)
	}
	address := regexp.MustCompile(`--(?:listen|to) ([^ $\n]+)`)
	for _, r := range list {
		if _, err := parser.ParseFile(token.NewFileSet(), r.Wire+".go", r.Go, 0); err != nil {
			t.Error(err)
		}
		for _, m := range address.FindAllStringSubmatch(r.Serve, -1) {
			if m[1] == "demo:" || m[1] == "cgi:" {
				continue
			}
			if _, err := endpoint.Parse(m[1]); err != nil {
				t.Error(err)
			}
		}
	}
	in := Example()
	want := `curl -i -X POST -H 'Host: example.org' -H 'User-Agent: curl/8.5.0' -H 'Content-Type: text/plain' --data-binary 'Ada Lovelace' 'http://127.0.0.1:8080/vars?lang=en'`
	if diff := cmp.Diff(want, in.ask("curl -i", "http://127.0.0.1:8080")); diff != "" {
		t.Error(diff)
	}
	asks := make(map[string]string)
	for _, r := range list {
		asks[r.Wire], _, _ = strings.Cut(r.Ask, " -X")
		if r.Wire == "cgi" && !strings.HasSuffix(r.Ask, ` "cgi:$(command -v postern)":'/vars?lang=en'`) || r.Wire == "scgi" && !strings.HasSuffix(r.Ask, ` 'scgi://127.0.0.1:4000/vars?lang=en'`) {
			t.Error(r.Ask)
		}
	}
	if diff := cmp.Diff(map[string]string{"cgi": "postern get -i", "fastcgi": "postern get -i --wire", "scgi": "postern get -i --wire", "uwsgi": "postern get -i --wire", "http": "curl -i"}, asks); diff != "" {
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

// Live traffic is for the pages of this server: not for one whose own name leads here.
func TestLiveIsForOwnPages(t *testing.T) {
	live := new(Live)
	live.Close() // so that the events end at once
	h := NewHandler(nil, live)
	for _, row := range []struct {
		peer, host string
		status     int
	}{
		{"127.0.0.1:40000", "127.0.0.1:8093", 200},
		{"[::1]:40000", "[::1]:8093", 200},
		{"127.0.0.1:40000", "[::1]", 200},
		{"127.0.0.1:40000", "LOCALHOST:8093", 200},
		{"127.0.0.1:40000", "evil.example:8093", 403},
		{"[::ffff:127.0.0.1]:40000", "evil.example", 403},
		{"127.0.0.1:40000", "", 403},
		{"192.0.2.1:40000", "desk.example:8093", 200}, // it is served to others on purpose
	} {
		r := httptest.NewRequest("GET", "/events", nil)
		r.RemoteAddr, r.Host = row.peer, row.host
		w := httptest.NewRecorder()
		if h.ServeHTTP(w, r); w.Code != row.status {
			t.Errorf("%s of %q: %d, want %d", row.peer, row.host, w.Code, row.status)
		}
	}
}

// Of a message that is long no more than a page can show is told.
func TestLiveIsBounded(t *testing.T) {
	var l Live
	page := make(chan []byte, 1)
	l.pages = map[chan []byte]struct{}{page: {}}
	var m protocol.Message
	m.Title = "body"
	m.Cut(make([]byte, maxText+5), maxText+5, protocol.SpanData, "body", "")
	l.Tell(1, "scgi", protocol.RequestSide, m)
	l.Tell(1, "scgi", protocol.RequestSide, m) // the page is too slow for this one
	var got Traffic
	if err := json.Unmarshal(<-page, &got); err != nil || len(got.Bytes) != maxText || got.More != 5 || got.Spans[0].Length != maxText {
		t.Errorf("%d bytes, %d more, %+v, %v", len(got.Bytes), got.More, got.Spans, err)
	}
	l.Close()
	if _, ok := <-page; ok {
		t.Error("a second event was kept")
	}
}
