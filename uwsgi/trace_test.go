package uwsgi

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/postern-gateway/postern/protocol"
)

// traces are what one side said, and the lines of it.
var traces = []struct {
	text  string
	side  protocol.Side
	says  string
	want  string
	fails bool
}{
	{text: "a request", says: packet(5, "A", "0123456789", "B=", "") + "x",
		want: "| 5 (PSGI) 0 A=\"01234567\"+2 B==\"\"\n| body \"x\"\n"},
	{text: "names that would break the line", says: packet(0, "a\nb", "\n"), want: "| 0 (WSGI) 0 \"a\\nb\"=\"\\n\"\n"},
	{text: "a ping", says: "\x64\x00\x00\x00", want: "| 100 (ping) 0\n"},
	{text: "its answer", side: protocol.ResponseSide, says: "\x64\x04\x00\x01slow", want: "| 100 (ping) 1 \"slow\"\n"},
	{text: "RPC", says: "\xad\x07\x00\x00\x05\x00hello", want: "| 173 (RPC) 0 \"hello\"\n"},
	{text: "RPC with arguments", says: "\xad\x0d\x00\x01\x02\x00fn\x00\x00\x05\x00a\nbcd", want: "| 173 (RPC) 1 \"fn\" \"\" \"a\\nbcd\"\n"},
	{text: "RPC by a path", says: "\xad\x07\x00\x02\x01\x00A\x02\x00/b", want: "| 173 (RPC) 2 A=\"/b\"\n"},
	{text: "a result", side: protocol.ResponseSide, says: "\xad\x02\x00\x00hi", want: "| 173 (RPC) 0 \"hi\"\n"},
	{text: "a long result", side: protocol.ResponseSide, says: "\xad\x13\x00\x05\x0e\x00CONTENT_LENGTH\x01\x002h", want: "| 173 (RPC) 5 CONTENT_LENGTH=\"2\"\n| body \"h\"\n"},
	{text: "an answer", side: protocol.ResponseSide, says: "HTTP/1.1 204 No Content\r\nB: 2\r\nA: 1\r\n\r\n", want: "| head 204 B=\"2\" A=\"1\"\n"},
	{text: "half a packet", says: packet(0, "A", "b")[:6], want: ""},
	{text: "rubbish in a request", says: packet(0, "", "b"), fails: true,
		want: "| uwsgi: read params: malformed: variable 1 has no name: \"\\x00\\x05\\x00\\x00\\x00\\x00\\x01\\x00\"+1\n"},
	{text: "rubbish in an answer", side: protocol.ResponseSide, says: "oh no\r\n\r\n", fails: true,
		want: "| read response head: upstream: parse: malformed: header line 1: \"oh no\": \"oh no\\r\\n\\r\"+1\n"},
}

func TestTrace(t *testing.T) {
	for _, row := range traces {
		for _, piece := range []int{1, len(row.says)} {
			var out strings.Builder
			tr := &protocol.Trace{Protocol: Protocol{}, Side: row.side, Out: &out, Prefix: "|", Max: 8}
			failed := false
			for rest := row.says; len(rest) > 0; rest = rest[piece:] {
				_, err := tr.Write([]byte(rest[:piece]))
				failed = failed || err != nil
			}
			if diff := cmp.Diff(row.want, out.String()); diff != "" || failed != row.fails {
				t.Errorf("%s, %d bytes a time: %v\n%s", row.text, piece, failed, diff)
			}
		}
	}
}

// The answer to a raw call is bytes, whatever they look like; a front's error page is HTTP's.
func TestRawAnswer(t *testing.T) {
	for _, row := range []struct{ answer, want string }{
		{"\xad\x02", `result "\xad\x02"`}, {"HTTP/", `result "HTTP/"`}, {"HTTP/1.1 404 Not Found\r\n\r\n", "head 404"},
	} {
		request, response := protocol.Decoders(Protocol{})
		if m := request([]byte("\xad\x07\x00\x01\x05\x00hello"), false); m.Err() != nil || m.Request != 1 || m.Params == nil {
			t.Errorf("%+v", m)
		}
		if m := response([]byte(row.answer), true); m.Line(0) != row.want {
			t.Errorf("%q: %s", row.answer, m.Line(0))
		}
	}
	m := Protocol{}.Decoder(protocol.RequestSide)([]byte(packet(0, "A", "b")), false)
	if diff := cmp.Diff(protocol.Pairs("A", "b"), m.Params); diff != "" {
		t.Error(diff)
	}
}
