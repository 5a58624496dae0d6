package protocol

// Sniff tells which protocol a connection speaks by its first bytes: "http", "fastcgi", "scgi",
// "uwsgi", or "tls". It needs two bytes; with fewer it returns "".
func Sniff(b []byte) string {
	if len(b) < 2 {
		return ""
	}
	switch c := b[0]; {
	case c == 1 && b[1] >= 1 && b[1] <= 11: // version 1, a record type
		return "fastcgi"
	case c >= '0' && c <= '9': // a netstring's length
		return "scgi"
	case c == 0x16 && b[1] == 3: // a handshake record
		return "tls"
	case c >= 'A' && c <= 'Z' && (b[1] >= 'A' && b[1] <= 'Z' || b[1] == '-'):
		return "http"
	}
	return "uwsgi" // modifier1 may be any byte
}

// passes are nginx's names for what a front should have said.
var passes = map[string]string{"http": "proxy_pass", "fastcgi": "fastcgi_pass", "scgi": "scgi_pass", "uwsgi": "uwsgi_pass"}

var titles = map[string]string{"http": "HTTP", "fastcgi": "FastCGI", "scgi": "SCGI", "uwsgi": "uwsgi", "tls": "TLS"}

// WrongProtocol says in plain words what is wrong with a connection that begins with first on a
// listener of the protocol want. It returns nil if nothing is, as far as the bytes tell.
func WrongProtocol(want string, first []byte) error {
	got := Sniff(first)
	if got == want || got == "" {
		return nil
	}
	article := " on a "
	if want == "http" || want == "scgi" {
		article = " on an "
	}
	detail := titles[got] + article + titles[want] + " listener: the front "
	switch got {
	case "tls":
		detail += "speaks TLS where none is meant"
	default:
		detail += "uses " + passes[got] + " where " + passes[want] + " is meant"
	}
	return &Error{Protocol: want, Op: "read head", Kind: ErrMalformed, Detail: detail}
}
