package fastcgi

import (
	"io"
	"net/http"

	"github.com/postern-gateway/postern/internal/sniff"
	"github.com/postern-gateway/postern/protocol"
)

// wrongProtocol is the error of bytes that are no record. Where the peer speaks another protocol
// from the start, it says so, and the peer is answered as well as possible.
func (c *conn) wrongProtocol(err error) error {
	b := c.in.Buffered()
	wrong := sniff.FastCGI.WrongProtocol(b)
	if c.begun || wrong == nil {
		return err
	}
	c.refusal = &plainErrorEncoder{c: c, form: protocol.StatusLine}
	if sniff.Of(b) == sniff.SCGI {
		c.refusal.form = protocol.StatusField
	}
	return wrong
}

// giveRefusal has the core answer that peer, and log the error.
func (c *conn) giveRefusal(err error) (*protocol.Request, protocol.Encoder, error) {
	refusal := c.refusal
	c.refusal = nil
	c.mu.Lock()
	c.err = io.EOF // the answer tells it
	c.mu.Unlock()
	return &protocol.Request{Protocol: Name, Peer: c.peer}, refusal, err
}

// A plainErrorEncoder is the Encoder that answers a peer that speaks another protocol: in text,
// which HTTP takes for its own.
type plainErrorEncoder struct {
	c    *conn
	form protocol.HeadForm
}

// WriteHeader implements protocol.Encoder.
func (r *plainErrorEncoder) WriteHeader(status int, h http.Header) error {
	h.Set("Connection", "close")
	return r.c.out.raw(protocol.AppendHead(nil, r.form, status, h))
}

// Write implements protocol.Encoder.
func (r *plainErrorEncoder) Write(p []byte) (int, error) { return len(p), r.c.out.raw(p) }

// Flush implements protocol.Encoder.
func (r *plainErrorEncoder) Flush() error { return r.c.out.flush() }

// Close implements protocol.Encoder.
func (r *plainErrorEncoder) Close(error) error { return r.c.out.flush() }
