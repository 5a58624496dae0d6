package sniff

import "testing"

// A protocol is named only where the bytes show it. Else it is said that they are none of the
// listener's.
func TestWhatTheBytesDoNotShow(t *testing.T) {
	for _, row := range []struct {
		want        *Wire
		first, text string
	}{
		{FastCGI, "\x02\x01\x00\x01\x00\x08\x00\x00", `fastcgi: read head: malformed: what came is no FastCGI: it begins with "\x02\x01\x00\x01\x00\b\x00\x00"`},
		{FastCGI, "\x00\x01\x00\x01\x00\x08\x00\x00", `fastcgi: read head: malformed: what came is no FastCGI: it begins with "\x00\x01\x00\x01\x00\b\x00\x00"`},
		{FastCGI, "\x02\x01", `fastcgi: read head: malformed: what came is no FastCGI: it begins with "\x02\x01"`},
		{FastCGI, "SSH-2.0-OpenSSH_9.2p1 Debian\r\n", `fastcgi: read head: malformed: what came is no FastCGI: it begins with "SSH-2.0-OpenSSH_"`},
		{FastCGI, "hello\n", `fastcgi: read head: malformed: what came is no FastCGI: it begins with "hello\n"`},
		{FastCGI, "get / HTTP/1.1\r\n", "fastcgi: read head: malformed: HTTP on a FastCGI listener: the front uses proxy_pass where fastcgi_pass is meant"},
		{FastCGI, "\x0e\x09\x00\x00\x01\x00A\x04\x00", "fastcgi: read head: malformed: uwsgi on a FastCGI listener: the front uses uwsgi_pass where fastcgi_pass is meant"},
		{SCGI, "\x64\x00\x00\x00", "scgi: read head: malformed: uwsgi on an SCGI listener: the front uses uwsgi_pass where scgi_pass is meant"},
		{SCGI, "\x00\x00\x00\x08\x04\xd2\x16\x2f", `scgi: read head: malformed: what came is no SCGI: it begins with "\x00\x00\x00\b\x04\xd2\x16/"`},
		{SCGI, "\x80\xff\x00\x00", `scgi: read head: malformed: what came is no SCGI: it begins with "\x80\xff\x00\x00"`},
		{UWSGI, "12 apples", `uwsgi: read head: malformed: what came is no uwsgi: it begins with "12 apples"`},
		{UWSGI, "EHLO example.org\r\n", `uwsgi: read head: malformed: what came is no uwsgi: it begins with "EHLO example.org"`},
		{HTTP, "\x02\x01\x00\x01", `http: read head: malformed: what came is no HTTP: it begins with "\x02\x01\x00\x01"`},
	} {
		if err := row.want.WrongProtocol([]byte(row.first)); err == nil || err.Error() != row.text {
			t.Errorf("got  %v\nwant %s", err, row.text)
		}
	}
}
