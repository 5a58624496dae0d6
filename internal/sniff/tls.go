package sniff

import "github.com/postern-gateway/postern/protocol"

// scheme is the scheme of a URL for w, over TLS or not.
func (w *Wire) scheme(secure bool) string {
	switch {
	case !secure:
		return w.Name + "://"
	case w == HTTP:
		return "https://"
	}
	return w.Name + "s://"
}

// NoTLS says in plain words what is wrong with a connection that begins with first on a listener of
// TLS. name is the protocol that it serves over TLS.
func NoTLS(name string, first []byte) error {
	e := &protocol.Error{Protocol: name, Op: "TLS handshake", Kind: protocol.ErrMalformed}
	got := Of(first)
	if got == nil || got.match(first[0], first[1]) != protocol.StrongMatch && got.Name != name {
		e.Detail = "what came is no TLS"
		return e
	}
	e.Detail = got.title + " without TLS on a listener of TLS: the peer is to speak TLS, or the listener's scheme to be " + got.scheme(false)
	return e
}
