package tap

import (
	"net"
	"regexp"
	"strings"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/postern-gateway/postern/protocol"
)

// wordTracer decodes words that end in a space. "id:head" is the head of a request, "id:end" its
// end, on both sides.
type wordTracer struct{}

func (wordTracer) Name() string { return "scgi" }

func (wordTracer) Decoder(protocol.Side) protocol.DecodeFunc {
	return func(b []byte, atEOF bool) (m protocol.Message) {
		word, _, whole := strings.Cut(string(b), " ")
		switch {
		case len(b) == 0:
			return m
		case word == "panic":
			panic("oh")
		case word == "bad", !whole && atEOF:
			m.Fail(b, &protocol.Error{Op: "read word", Kind: protocol.ErrMalformed})
			return m
		case !whole:
			return m
		}
		id, rest, ok := strings.Cut(word, ":")
		if m.Title = word[:min(len(word), 4)]; len(word) < 20 {
			m.Title = word
		}
		if ok {
			m.Request = int(id[0] - '0')
		}
		if strings.HasPrefix(rest, "/") {
			m.Params = protocol.Pairs("REQUEST_URI", rest)
		}
		m.Begins, m.Ends = rest == "begin", rest == "end"
		m.Cut(b, len(word)+1, protocol.SpanFraming, "word", "")
		return m
	}
}

// printed runs a conversation, in which "> text" is what the front says and "! text" a thing that
// happens to it, and returns what is printed of it.
func printed(t *testing.T, tracers []protocol.Tracer, conditions []Condition, lines ...string) string {
	t.Helper()
	var out strings.Builder
	p := &Printer{Out: &out}
	f := &Filter{Conditions: conditions, Emit: func(m *Message) {
		if err := p.Print(m); err != nil {
			t.Error(err)
		}
	}}
	d := &Decoder{Tracers: tracers, Emit: f.Add}
	c := &Conn{ID: 1, Front: "front", Server: "server"}
	d.Add(Event{Conn: c, Kind: Opened})
	for _, line := range lines {
		e := Event{Conn: c}
		switch mark, text := line[0], line[2:]; mark {
		case '>':
			e.Kind, e.Data = Data, []byte(text)
		case '<':
			e.Kind, e.Side, e.Data = Data, protocol.ResponseSide, []byte(text)
		case '!':
			e = map[string]Event{
				"end":     {Conn: c, Kind: Ended},
				"reset":   {Conn: c, Kind: Reset, Side: protocol.ResponseSide, Err: syscall.ETIMEDOUT},
				"refused": {Conn: c, Kind: Refused, Err: net.ErrClosed},
				"lost":    {Conn: c, Kind: Lost, Lost: 5, Err: errTooMuch},
			}[text]
		}
		d.Add(e)
	}
	d.Add(Event{Conn: c, Kind: Closed})
	if len(d.conns) > 0 || len(f.conns) > 0 {
		t.Error("the connection is not forgotten")
	}
	return regexp.MustCompile(`(?m)^1 `).ReplaceAllString(out.String(), "")
}

func TestDecoder(t *testing.T) {
	words := []protocol.Tracer{wordTracer{}}
	for _, row := range []struct {
		text string
		said []string
		want string
	}{
		{"messages", []string{"> 1:a b", "< c ", "> c "}, "> 1:a\n< c\n> bc\n"},
		{"an end within a message", []string{"> a b", "! end"}, "> a\n> read word: malformed: \"b\"\n> end\n"},
		{"a close within a message", []string{"< b"}, "< read word: malformed: \"b\"\n"},
		{"a reset", []string{"< a ", "! reset"}, "< a\n< reset (connection timed out)\n"},
		{"who takes no more", []string{"< a ", "! refused"}, "< a\n> takes no more (use of closed network connection)\n"},
		{"garbage", []string{"> bad and", "> more", "< a "}, "> read word: malformed: \"bad and\"\n> undecoded \"more\"\n< a\n"},
		{"HTTP where it is not meant", []string{"> bad", "> GET /"}, "> read word: malformed: \"bad\"\n> undecoded \"GET /\"\n"},
		{"bytes that are lost", []string{"> a b", "! lost", "> c d "},
			"> a\n> read word: malformed: \"b\"\n> 5 bytes are not shown (they were passed on, but too much waited to be shown)\n> undecoded \"c d \"\n"},
		{"a decoder that panics", []string{"> panic ", "> a ", "< a "}, "> the decoder failed: oh: \"\"\n> undecoded \"a \"\n< a\n"},
		{"a message that is too long", []string{"> " + strings.Repeat("x", maxMessage+1), "> a "},
			"> decode message: too large: 1048577 > 1048576 bytes: \"" + strings.Repeat("x", 64) + "\"+1048513\n> undecoded \"a \"\n"},
	} {
		got := printed(t, words, nil, row.said...)
		got, _, _ = strings.Cut(strings.TrimPrefix(got, "* open front -> server, scgi\n"), "* closed")
		if diff := cmp.Diff(row.want, got); diff != "" {
			t.Errorf("%s: %s", row.text, diff)
		}
	}
}

// The first two bytes of the front tell the protocol, whatever comes before them.
func TestDecoderThatKnowsNoProtocolYet(t *testing.T) {
	both := []protocol.Tracer{wordTracer{}, wordTracer{}} // the name is SCGI's
	for _, row := range []struct {
		said []string
		want string
	}{
		{[]string{"< hello ", "> 1", "> 2 "}, "< hello\n> 12\n"},
		{[]string{"> GET / HTTP/1.1"}, "> undecoded \"GET / HTTP/1.1\"\n* these bytes look like HTTP\n"},
		{[]string{"> \x16\x03\x01", "< \x15"}, "> undecoded \"\\x16\\x03\\x01\"\n* these bytes look like TLS\n< undecoded \"\\x15\"\n"},
		{[]string{"> 1", "! end", "< hello "}, "> undecoded \"1\"\n> end\n< undecoded \"hello \"\n"},
		{[]string{"< " + strings.Repeat("x", maxUnknown), "< y"}, "< undecoded \"" + strings.Repeat("x", 64) + "\"+65472\n< undecoded \"y\"\n"},
		{nil, ""},
	} {
		got := printed(t, both, nil, row.said...)
		got, _, _ = strings.Cut(strings.TrimPrefix(got, "* open front -> server\n"), "* closed")
		if diff := cmp.Diff(row.want, got); diff != "" {
			t.Errorf("%.60q: %s", row.said, diff)
		}
	}
}

func TestFilter(t *testing.T) {
	words := []protocol.Tracer{wordTracer{}}
	wiki := []Condition{{Name: "REQUEST_URI", Pattern: "/wiki*"}}
	for _, row := range []struct {
		text string
		said []string
		want string
	}{
		{"none matches", []string{"> 0:x 1:begin 1:/a 1:body 1:end ", "< 1:a 1:end ", "! end"}, ""},
		{"one of two at once", []string{"> 1:begin 2:begin 2:/wiki 1:/a 1:body 2:body ", "< 1:a 2:b 2:end ", "! end"},
			"* open\n> 2:begin\n> 2:/wiki\n> 2:body\n< 2:b\n< 2:end\n> end\n* closed\n"},
		{"an early answer", []string{"> 1:begin ", "< 1:a ", "> 1:/wiki "}, "* open\n> 1:begin\n< 1:a\n> 1:/wiki\n* closed\n"},
		{"an id again", []string{"> 1:begin 1:/wiki 1:end ", "< 1:end ", "> 1:begin 1:/a "},
			"* open\n> 1:begin\n> 1:/wiki\n> 1:end\n< 1:end\n* closed\n"},
		{"garbage", []string{"> bad", "> 1:begin "}, "* open\n> read word: malformed: \"bad\"\n> undecoded \"1:begin \"\n* closed\n"},
		{"a request that breaks off", []string{"> 1:begin 2:begin 2:/a "}, "* open\n> 1:begin\n* closed\n"},
		{"a request without variables", []string{"> 1:begin 1:end ", "< 1:a 1:end "}, "* open\n> 1:begin\n> 1:end\n< 1:a\n< 1:end\n* closed\n"},
		{"many requests without variables", []string{"> 1:" + strings.Repeat("x", 900_000) + " ", "> 2:" + strings.Repeat("x", 900_000) + " ",
			"> 3:" + strings.Repeat("x", 900_000) + " ", "> 4:" + strings.Repeat("x", 900_000) + " ", "> 5:" + strings.Repeat("x", 900_000) + " ", "> 1:/a 2:/a 3:/a 4:/a 5:/a "},
			"* open\n> 5:xx\n> 5:/a\n* closed\n"},
		{"variables without an end", []string{"> 1:" + strings.Repeat("x", maxMessage-10) + " ", "> 1:yyyyyyyyyy "}, "* open\n> 1:xx\n> 1:yyyyyyyyyy\n* closed\n"},
	} {
		got := printed(t, words, wiki, row.said...)
		got = strings.Replace(got, " front -> server, scgi", "", 1)
		if before, _, ok := strings.Cut(got, "* closed"); ok {
			got = before + "* closed\n"
		}
		if diff := cmp.Diff(row.want, got); diff != "" {
			t.Errorf("%s: %s", row.text, diff)
		}
	}
}

func TestConditions(t *testing.T) {
	p := protocol.Pairs("REQUEST_URI", "/wiki/Go?x=1", "EMPTY", "")
	for text, want := range map[string]bool{
		"REQUEST_URI=/wiki*": true, "REQUEST_URI=/wiki": false, "REQUEST_URI=*Go*=1": true, "REQUEST_URI=/wiki/Go?x=1": true,
		"REQUEST_URI=/*Go*Go*": false, "REQUEST_URI=*": true, "REQUEST_URI=": false, "REQUEST_URI!=/wiki*": false, "REQUEST_URI!=/a*": true,
		"EMPTY=": true, "MISSING=": true, "MISSING!=": false, "REQUEST_URI=/wiki/Go?x=1*1": false, "REQUEST_URI=a*1": false,
	} {
		c, err := ParseCondition(text)
		if err != nil || c.holds(p) != want {
			t.Errorf("%s: %+v, %v", text, c, err)
		}
	}
	for _, text := range []string{"", "REQUEST_URI", "=x", "!=x"} {
		if _, err := ParseCondition(text); err == nil {
			t.Errorf("%q: no error", text)
		}
	}
}
