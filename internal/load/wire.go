package load

import (
	"bufio"
	"fmt"

	"github.com/postern-gateway/postern/protocol"
)

// A Wire is a protocol in one way of using its connections. Those of [Wires] are all that there
// are.
type Wire struct {
	Name     string // "fastcgi-kept"
	Title    string // for people: "FastCGI, kept"
	Protocol string // "fastcgi", the scheme of its addresses

	// Kept means that a connection carries one request after the other.
	Kept bool
	// Multiplexed means that a connection carries several at once.
	Multiplexed bool

	encode func(*protocol.Request) ([]byte, error)
	// read reads one response, and reports whether its connection carries no further one.
	read func(*bufio.Reader, *checker) (last bool, err error)
}

var wires = []*Wire{
	{Name: "http", Title: "HTTP", Protocol: "http", Kept: true, encode: encodeHTTP, read: readHTTP},
	{Name: "http-each", Title: "HTTP, one each", Protocol: "http", encode: encodeLastHTTP, read: readLastHTTP},
	{Name: "fastcgi-kept", Title: "FastCGI, kept", Protocol: "fastcgi", Kept: true, encode: encodeKept, read: readFastCGI},
	{Name: "fastcgi-mux", Title: "FastCGI, multiplexed", Protocol: "fastcgi", Kept: true, Multiplexed: true, encode: encodeKept},
	{Name: "fastcgi-each", Title: "FastCGI, one each", Protocol: "fastcgi", encode: encodeOnce, read: readLastFastCGI},
	{Name: "scgi", Title: "SCGI", Protocol: "scgi", encode: encodeSCGI, read: readToEnd},
	{Name: "uwsgi", Title: "uwsgi", Protocol: "uwsgi", encode: encodeUWSGI, read: readToEnd},
}

// Wires returns every Wire there is. They must not be changed.
func Wires() []*Wire { return append([]*Wire(nil), wires...) }

// WireNamed returns the Wire of that name, or nil.
func WireNamed(name string) *Wire {
	for _, w := range wires {
		if w.Name == name {
			return w
		}
	}
	return nil
}

// Encode returns the bytes by which r is sent, for a Generator. It reads r's body. The project's
// own client encodes it, and for HTTP net/http's.
func (w *Wire) Encode(r *protocol.Request) ([]byte, error) {
	b, err := w.encode(r)
	if err != nil {
		return nil, fmt.Errorf("load: encode a request for %s: %w", w.Name, err)
	}
	return b, nil
}
