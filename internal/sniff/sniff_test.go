package sniff

import "testing"

func TestOf(t *testing.T) {
	for _, row := range []struct{ first, want string }{
		{"", ""}, {"G", ""}, {"\x01", ""},
		{"GET / HTTP/1.1\r\n", "http"}, {"POST", "http"}, {"M-SEARCH * HTTP/1.1", "http"}, {"PRI * HTTP/2.0", "http"},
		// BEGIN_REQUEST, GET_VALUES
		{"\x01\x01\x00\x01\x00\x08\x00\x00", "fastcgi"}, {"\x01\x09\x00\x00", "fastcgi"},
		{"70:CONTENT_LENGTH", "scgi"}, {"9:", "scgi"},
		{"\x00\xf0\x01\x00", "uwsgi"}, {"\xad\x07\x00\x01", "uwsgi"}, {"\x64\x00\x00\x00", "uwsgi"}, {"\x05\x00\x01\x03", "uwsgi"},
		{"\x16\x03\x01\x02\x00", "tls"},
	} {
		got := ""
		if w := Of([]byte(row.first)); w != nil {
			got = w.Name
		}
		if got != row.want {
			t.Errorf("%q is %q, want %q", row.first, got, row.want)
		}
	}
}

func TestWrongProtocolInPlainWords(t *testing.T) {
	for _, row := range []struct {
		want        *Wire
		first, text string
	}{
		{FastCGI, "GET / HTTP/1.1", "fastcgi: read head: malformed: HTTP on a FastCGI listener: the front uses proxy_pass where fastcgi_pass is meant"},
		{SCGI, "\x01\x01\x00\x01", "scgi: read head: malformed: FastCGI on an SCGI listener: the front uses fastcgi_pass where scgi_pass is meant"},
		{UWSGI, "70:CONTENT", "uwsgi: read head: malformed: SCGI on a uwsgi listener: the front uses scgi_pass where uwsgi_pass is meant"},
		{SCGI, "\x00\x10\x00\x00", "scgi: read head: malformed: uwsgi on an SCGI listener: the front uses uwsgi_pass where scgi_pass is meant"},
		{FastCGI, "\x16\x03\x01", "fastcgi: read head: malformed: TLS on a FastCGI listener: the front speaks TLS where none is meant; for TLS the listener's scheme is fastcgis://"},
		{HTTP, "\x16\x03\x01", "http: read head: malformed: TLS on an HTTP listener: the front speaks TLS where none is meant; for TLS the listener's scheme is https://"},
	} {
		if err := row.want.WrongProtocol([]byte(row.first)); err == nil || err.Error() != row.text {
			t.Errorf("got  %v\nwant %s", err, row.text)
		}
	}
	for _, row := range []struct {
		want  *Wire
		first string
	}{{FastCGI, "\x01\x01"}, {SCGI, "70:"}, {UWSGI, "\x00\x10"}, {HTTP, "GET"}, {HTTP, "get / HTTP/1.1"}, {UWSGI, "ge\x01\x00"}, {SCGI, ""}} {
		if err := row.want.WrongProtocol([]byte(row.first)); err != nil {
			t.Error(err)
		}
	}
}

// What is known surely of two bytes is known of one wire alone: so the order of protocols on a
// listener does not matter.
func TestStrongMatchesExcludeEachOther(t *testing.T) {
	for i := range 1 << 16 {
		n := 0
		for _, w := range wires {
			n += int(w.Match([]byte{byte(i >> 8), byte(i)})) / 2
		}
		if n > 1 {
			t.Errorf("%#04x is surely %d protocols", i, n)
		}
	}
}
