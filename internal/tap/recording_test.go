package tap

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/postern-gateway/postern/fastcgi"
	"github.com/postern-gateway/postern/gateway"
	"github.com/postern-gateway/postern/protocol"
	"github.com/postern-gateway/postern/scgi"
	"github.com/postern-gateway/postern/uwsgi"
)

// all are the tracers of every protocol.
var all = []protocol.Tracer{fastcgi.Protocol{}, gateway.HTTPTracer{}, scgi.Protocol{}, uwsgi.Protocol{}}

const scgiRequest = "24:CONTENT_LENGTH\x000\x00SCGI\x001\x00,"

// xxd is what the program of that name prints.
func xxd(b string) string {
	var s strings.Builder
	for at := 0; at < len(b); at += 16 {
		row := b[at:min(at+16, len(b))]
		fmt.Fprintf(&s, "%08x:", at)
		for i := 0; i < 16; i += 2 {
			fmt.Fprintf(&s, " %-4s", hex.EncodeToString([]byte(row[min(i, len(row)):min(i+2, len(row))])))
		}
		fmt.Fprintf(&s, "  %s\n", strings.Map(func(r rune) rune {
			if r < ' ' || r > '~' {
				return '.'
			}
			return r
		}, row))
	}
	return s.String()
}

// What a file is is told by how it begins.
func TestRecordings(t *testing.T) {
	for _, row := range []struct{ text, file, want string }{
		{"SCGI", scgiRequest, `> request CONTENT_LENGTH="0" SCGI="1"`},
		{"its hexdump", xxd(scgiRequest), `> request CONTENT_LENGTH="0" SCGI="1"`},
		{"by hexdump -C", hex.Dump([]byte(scgiRequest)), `> request CONTENT_LENGTH="0" SCGI="1"`},
		{"by hexdump -C, with lines left out", "00000000  32 34 3a 43 4f 4e 54 45  4e 54 5f 4c 45 4e 47 54  |24:CONTENT_LENGT|\n" +
			"00000010  48 00 30 00 53 43 47 49  00 31 00 2c 78 78 78 78  |H.0.SCGI.1.,xxxx|\n" +
			"00000020  78 78 78 78 78 78 78 78  78 78 78 78 78 78 78 78  |xxxxxxxxxxxxxxxx|\n*\n00000040\n",
			"> request CONTENT_LENGTH=\"0\" SCGI=\"1\"\n> body \"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\""},
		{"by xxd -u", "00000000: 3234 3A43 4F4E 5445 4E54 5F4C 454E 4754  24:CONTENT_LENGT\n00000010: 4800 3000 5343 4749 0031 002C            H.0.SCGI.1.,\n", `> request CONTENT_LENGTH="0" SCGI="1"`},
		{"by xxd -p", "32343a434f4e54454e545f4c454e475448003000\n534347490031002c\n", `> request CONTENT_LENGTH="0" SCGI="1"`},
		{"by od -t x1", "0000000 32 34 3a 43 4f 4e 54 45 4e 54 5f 4c 45 4e 47 54\n0000020 48 00 30 00 53 43 47 49 00 31 00 2c\n0000034\n", `> request CONTENT_LENGTH="0" SCGI="1"`},
		{"by od -A d -t x1", "0000000 32 34 3a 43 4f 4e 54 45 4e 54 5f 4c 45 4e 47 54\n0000016 48 00 30 00 53 43 47 49 00 31 00 2c\n0000028\n", `> request CONTENT_LENGTH="0" SCGI="1"`},
		{"by od -A x -t x1z", "000000 32 34 3a 43 4f 4e 54 45 4e 54 5f 4c 45 4e 47 54  >24:CONTENT_LENGT<\n000010 48 00 30 00 53 43 47 49 00 31 00 2c              >H.0.SCGI.1.,<\n00001c\n", `> request CONTENT_LENGTH="0" SCGI="1"`},
		{"by od -A n -t x1", " 32 34 3a 43 4f 4e 54 45 4e 54 5f 4c 45 4e 47 54\n 48 00 30 00 53 43 47 49 00 31 00 2c\n", `> request CONTENT_LENGTH="0" SCGI="1"`},
		{"of Wireshark", "0000   32 34 3a 43 4f 4e 54 45 4e 54 5f 4c 45 4e 47 54   24:CONTENT_LENGT\n0010   48 00 30 00 53 43 47 49 00 31 00 2c               H.0.SCGI.1.,\n", `> request CONTENT_LENGTH="0" SCGI="1"`},
		{"of a stream that Wireshark follows", "00000000  32 34 3a 43 4f 4e 54 45  4e 54 5f 4c 45 4e 47 54   24:CONTE NT_LENGT\n00000010  48 00 30 00 53 43 47 49  00 31 00 2c               H.0.SCGI .1.,\n", `> request CONTENT_LENGTH="0" SCGI="1"`},
		{"of both sides of it", "00000000  32 34 3a 43 4f 4e 54 45   24:CONTE\n    00000000  53 74 61 74 75 73 3a 20   Status: \n", "line 2 is farther in, as the other side is where Wireshark follows a stream"},
		{"in a text, indented", "\n    00000000  32 34 3a 43 4f 4e 54 45  4e 54 5f 4c 45 4e 47 54  |24:CONTENT_LENGT|\n    00000010  48 00 30 00 53 43 47 49  00 31 00 2c              |H.0.SCGI.1.,|\n", `> request CONTENT_LENGTH="0" SCGI="1"`},
		{"with a mark of the byte order", "\ufeff00000000: 3234 3a43 4f4e 5445 4e54 5f4c 454e 4754  24:CONTENT_LENGT\r\n00000010: 4800 3000 5343 4749 0031 002c            H.0.SCGI.1.,\r\n", `> request CONTENT_LENGTH="0" SCGI="1"`},
		{"by od alone", "0000000 032062 041472 047117\n0000006\n", "line 1: these are words whose bytes are swapped"},
		{"by tcpdump -X", "01:10:42.623025 IP 127.0.0.1.4 > 127.0.0.1.5: Flags [S], length 0\n\t0x0000:  4500 003c  E..<\n", "line 1 is a text of tcpdump's: write the packets by tcpdump -w FILE"},
		{"by tcpdump -A of IPv6", "10:42:59.623025 lo In  IP6 ::1.4 > ::1.5: Flags [S], length 0\n", "line 1 is a text of tcpdump's"},
		{"FastCGI", "\x01\x01\x00\x01\x00\x08\x00\x00\x00\x01\x00\x00\x00\x00\x00\x00", "> BEGIN_REQUEST 1 RESPONDER"},
		{"uwsgi", "\x00\x06\x00\x00\x01\x00A\x01\x00b", `> 0 (WSGI) 0 A="b"`},
		{"a ping", "\x64\x00\x00\x00", "> 100 (ping) 0"},
		{"HTTP", "GET / HTTP/1.1\r\nHost: a\r\n\r\n", `> request HTTP/1.1 GET "/" Host="a"`},
		{"a response of HTTP", "HTTP/1.1 200 OK\r\nA: b\r\n\r\nhi", "< head 200 A=\"b\"\n< body \"hi\""},
		{"a response of CGI", "Status: 404\r\nA: b\r\n\r\nhi", "< head 404 A=\"b\"\n< body \"hi\""},
		{"a record that breaks off", "\x01\x01\x00\x01\x00\x08\x00\x00\x00", `> fastcgi: read record: malformed: the input ends after 9 bytes: unexpected EOF: "\x01\x01\x00\x01\x00\b\x00\x00\x00"`},
		{"nothing", "", "it is empty"},
		{"a text", "hello, world\n", "it is neither a capture (pcap, pcapng), nor a hexdump"},
		{"TLS", "\x16\x03\x01\x00\x05", "it looks like TLS, which is not decoded"},
		{"a hexdump with a gap", "00000000: 3234 24\n00000010: 3234 24\n", "line 2 is of offset 10, and 3 is the next"},
		{"a hexdump that ends in something else", "00000000: 3234 24\nhello\n", `line 2 is of no hexdump: "hello"`},
		{"a hexdump of words", "0000000 0101 0100 0800\n0000006\n", "line 1: these are words whose bytes are swapped"},
		{"a capture that is cut", "\xd4\xc3\xb2\xa1\x02\x00", "the file is cut"},
		{"a capture of something else", "\xd4\xc3\xb2\xa1" + strings.Repeat("\x00", 16) + "\x69\x00\x00\x00", "its packets are of link type 105"},
		{"a capture without TCP", "\xd4\xc3\xb2\xa1" + strings.Repeat("\x00", 16) + "\x01\x00\x00\x00", "it has no TCP connection"},
	} {
		var out strings.Builder
		p := &Printer{Out: &out}
		rec := &Recording{Name: "-", Tracers: all, Emit: func(m *Message) {
			if m.Kind == Data {
				p.Print(m)
			}
		}}
		if err := rec.Read(strings.NewReader(row.file)); err != nil {
			if out.Len() > 0 || !strings.HasPrefix(err.Error(), row.want) {
				t.Errorf("%s: %v\nwant %s\nprinted %s", row.text, err, row.want, &out)
			}
			continue
		}
		got := strings.TrimSpace(strings.ReplaceAll("\n"+out.String(), "\n1 ", "\n"))
		if diff := cmp.Diff(row.want, got); diff != "" {
			t.Errorf("%s: %s", row.text, diff)
		}
	}
}

// A side and a protocol that are said are taken as they are.
func TestRecordingOfASide(t *testing.T) {
	var out strings.Builder
	p := &Printer{Out: &out, Wire: true}
	rec := &Recording{Name: "-", Side: protocol.ResponseSide, Tracers: []protocol.Tracer{uwsgi.Protocol{}}, Emit: func(m *Message) { p.Print(m) }}
	if err := rec.Read(strings.NewReader("\xad\x02\x00\x00hi")); err != nil {
		t.Error(err)
	}
	want := `1 * open -, uwsgi
1 < 173 (RPC) 0 "hi"
    00000000  ad                                               modifier1: 173 (RPC)
    00000001  02 00                                            datasize: 2
    00000003  00                                               modifier2: 0
    00000004  68 69                                            block: "hi"
1 < end
1 * closed: 0 bytes >, 6 bytes <
`
	if diff := cmp.Diff(want, out.String()); diff != "" {
		t.Error(diff)
	}
}

// The names in JSON stay as they are.
func TestJSON(t *testing.T) {
	var out bytes.Buffer
	p := NewJSONPrinter(&out)
	rec := &Recording{Name: "file", Tracers: all, Emit: func(m *Message) {
		if err := p.Print(m); err != nil {
			t.Error(err)
		}
	}}
	if err := rec.Read(strings.NewReader("\x00\x06\x00\x00\x01\x00A\x01\x00\xff<")); err != nil {
		t.Error(err)
	}
	want := `{"conn":1,"event":"open","protocol":"uwsgi","front":"file"}
{"conn":1,"event":"message","side":"request","protocol":"uwsgi","title":"0 (WSGI) 0","request":1,"begins":true,"length":10,"params":{"A":"\ufffd"},"spans":[` +
		`{"offset":0,"length":1,"kind":"framing","field":"modifier1","value":"0 (WSGI)","text":"\u0000"},` +
		`{"offset":1,"length":2,"kind":"framing","field":"datasize","value":"6","text":"\u0006\u0000"},` +
		`{"offset":3,"length":1,"kind":"framing","field":"modifier2","value":"0","text":"\u0000"},` +
		`{"offset":4,"length":2,"kind":"framing","field":"key_size","value":"1","text":"\u0001\u0000"},` +
		`{"offset":6,"length":1,"kind":"name","field":"key","text":"A"},` +
		`{"offset":7,"length":2,"kind":"framing","field":"val_size","value":"1","text":"\u0001\u0000"},` +
		`{"offset":9,"length":1,"kind":"value","field":"val","base64":"/w=="}]}
{"conn":1,"event":"message","side":"request","protocol":"uwsgi","title":"body","request":1,"offset":10,"length":1,"spans":[{"offset":10,"length":1,"kind":"data","field":"body","text":"<"}]}
{"conn":1,"event":"end","side":"request","protocol":"uwsgi"}
{"conn":1,"event":"close","protocol":"uwsgi","requestBytes":11}
`
	if diff := cmp.Diff(want, out.String()); diff != "" {
		t.Error(diff)
	}
	for line := range strings.Lines(out.String()) {
		var m JSONMessage
		if err := json.Unmarshal([]byte(line), &m); err != nil || m.Conn != 1 {
			t.Errorf("%s: %v", line, err)
		}
	}
}

// Whatever a file holds, it is read to its end or refused.
func FuzzRecording(f *testing.F) {
	f.Add([]byte(scgiRequest))
	f.Add([]byte(xxd(scgiRequest)))
	f.Add([]byte(hex.Dump([]byte(scgiRequest))))
	var file bytes.Buffer
	c, _ := NewCapture(&file)
	for _, e := range story()[:4] {
		e.Data = e.Data[:min(len(e.Data), 100)]
		c.Add(e)
	}
	f.Add(file.Bytes())
	f.Fuzz(func(t *testing.T, b []byte) {
		p := NewJSONPrinter(new(bytes.Buffer))
		filter := &Filter{Conditions: []Condition{{Name: "SCGI", Pattern: "1"}}, Emit: func(m *Message) {
			if err := p.Print(m); err != nil {
				t.Error(err)
			}
		}}
		(&Recording{Tracers: all, Emit: filter.Add}).Read(bytes.NewReader(b))
	})
}
