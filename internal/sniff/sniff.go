// Package sniff knows by which bytes a connection of each wire begins, and what a front's
// configuration calls it. With that a codec can say which mistake the front's configuration has
// when another protocol than its own comes.
package sniff

import (
	"strconv"

	"github.com/postern-gateway/postern/protocol"
)

// A Wire is a protocol as a connection's first bytes and a front's configuration know it.
type Wire struct {
	Name string // "fastcgi"

	title     string // as people write it
	article   string // before the title
	directive string // nginx's name for calling it; empty: none
	match     func(a, b byte) protocol.Match
}

// The wires that are known.
var (
	FastCGI = &Wire{"fastcgi", "FastCGI", "a", "fastcgi_pass", func(a, b byte) protocol.Match {
		return strong(a == 1 && b >= 1 && b <= 11) // version 1, a record type
	}}
	SCGI = &Wire{"scgi", "SCGI", "an", "scgi_pass", func(a, _ byte) protocol.Match {
		return strong(a >= '0' && a <= '9') // a netstring's length
	}}
	UWSGI = &Wire{"uwsgi", "uwsgi", "a", "uwsgi_pass", func(_, _ byte) protocol.Match {
		return protocol.WeakMatch // modifier1 may be any byte
	}}
	HTTP = &Wire{"http", "HTTP", "an", "proxy_pass", func(a, b byte) protocol.Match {
		if lower(a) && lower(b) {
			return protocol.WeakMatch // a method that nobody knows; they are case-sensitive
		}
		return strong(upper(a) && (upper(b) || b == '-')) // a method
	}}
	TLS = &Wire{"tls", "TLS", "a", "", func(a, b byte) protocol.Match {
		return strong(a == 0x16 && b == 3) // a handshake record
	}}
)

// wires are all of them.
var wires = [...]*Wire{FastCGI, SCGI, UWSGI, HTTP, TLS}

func strong(is bool) protocol.Match {
	if is {
		return protocol.StrongMatch
	}
	return protocol.NoMatch
}

func upper(c byte) bool { return c >= 'A' && c <= 'Z' }

func lower(c byte) bool { return c >= 'a' && c <= 'z' }

// Match is [protocol.Sniffer]'s Sniff for w. Fewer than two bytes are no match.
func (w *Wire) Match(first []byte) protocol.Match {
	if len(first) < 2 {
		return protocol.NoMatch
	}
	return w.match(first[0], first[1])
}

// Of returns the wire that first fits best. It returns nil if there are fewer than two bytes.
func Of(first []byte) *Wire {
	var weak *Wire
	for _, w := range wires {
		switch w.Match(first) {
		case protocol.StrongMatch:
			return w
		case protocol.WeakMatch:
			weak = w
		}
	}
	return weak
}

// WrongProtocol says in plain words what is wrong with a connection that begins with first on a
// listener of w. It returns nil if nothing is, as far as the bytes tell.
func (w *Wire) WrongProtocol(first []byte) error {
	got := Of(first)
	if got == w || got == nil || got.Match(first) == protocol.WeakMatch && w.Match(first) == protocol.WeakMatch {
		return nil
	}
	return &protocol.Error{Protocol: w.Name, Op: "read head", Kind: protocol.ErrMalformed, Detail: w.mistake(got, first)}
}

// maxShown is how many bytes of what nobody knows are told.
const maxShown = 16

// mistake says what a connection has that begins with first, on a listener of w, and may be got's.
func (w *Wire) mistake(got *Wire, first []byte) string {
	if !got.isShown(first) {
		return "what came is no " + w.title + ": it begins with " + strconv.Quote(string(first[:min(len(first), maxShown)]))
	}
	mistake := "uses " + got.directive + " where " + w.directive + " is meant"
	if got == TLS {
		mistake = "speaks TLS where none is meant; for TLS the listener's scheme is " + w.scheme(true)
	}
	return got.title + " on " + w.article + " " + w.title + " listener: the front " + mistake
}

// NotServed says what a connection is that begins with first, on a listener of several wires, none
// of which it is.
func NotServed(first []byte) string {
	if w := Of(first); w != nil && w.Match(first) == protocol.StrongMatch {
		return w.Name + " is not served on this listener"
	}
	return "what begins with " + strconv.Quote(string(first)) + " is not served on this listener"
}

// Title is the wire's name as people write it.
func (w *Wire) Title() string { return w.title }

// ByName returns the wire of a name. It returns nil if there is none.
func ByName(name string) *Wire {
	for _, w := range wires {
		if w.Name == name {
			return w
		}
	}
	return nil
}
