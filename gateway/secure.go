package gateway

import (
	"crypto/tls"
	"errors"
	"io"
	"net"
	"os"
	"slices"
	"time"

	"github.com/postern-gateway/postern/internal/netio"
	"github.com/postern-gateway/postern/internal/sniff"
	"github.com/postern-gateway/postern/internal/throttle"
	"github.com/postern-gateway/postern/protocol"
)

// The protocols over TLS that ALPN tells apart (RFC 7301).
const (
	alpnHTTP1 = "http/1.1"
	alpnHTTP2 = "h2"
)

// secured returns the kind that serves as k does, over TLS.
func (l *activeListener) secured(config *tls.Config, k kind) kind {
	if (l.protocol == "http" || l.protocol == "auto") && len(config.NextProtos) == 0 {
		config = config.Clone()
		config.NextProtos = []string{alpnHTTP2, alpnHTTP1}
	}
	return func(c *conn, nc net.Conn) { c.serveTLS(tls.Server(nc, config), k) }
}

// plain returns a connection as it was accepted, and how it is served. For one of a listener of
// [tls.NewListener] that is the connection below TLS.
func (l *activeListener) plain(nc net.Conn) (net.Conn, kind) {
	tc, ok := nc.(*tls.Conn)
	if !ok {
		return nc, l.kind
	}
	return tc.NetConn(), func(c *conn, _ net.Conn) { c.serveTLS(tc, l.kind) }
}

// serveTLS serves by k, once tc has its handshake.
func (c *conn) serveTLS(tc *tls.Conn, k kind) {
	if err := c.handshake(tc); err != nil {
		c.refuseTLS(err)
		return
	}
	c.enter(accepted, nil)
	k(c, tc)
}

// handshake gives the peer HeadTimeout for the handshake.
func (c *conn) handshake(tc *tls.Conn) error {
	c.enter(served, (*handshaking)(c))
	limit := c.srv.run.limits.HeadTimeout
	if limit > 0 {
		tc.SetDeadline(time.Now().Add(limit))
		defer tc.SetDeadline(time.Time{})
	}
	err := tc.HandshakeContext(c.srv.run.ctx)
	if errors.Is(err, os.ErrDeadlineExceeded) {
		err = errors.New("not whole after " + limit.String())
	}
	return err
}

// A handshaking is what serves a connection that has no handshake yet: the time for first requests
// ends it.
type handshaking conn

// CloseIdle implements [protocol.Idler].
func (h *handshaking) CloseIdle() bool {
	h.net.Close()
	return true
}

// plainHTTP is net/http's answer to a request that came without TLS.
const plainHTTP = "HTTP/1.0 400 Bad Request\r\n\r\nClient sent an HTTP request to an HTTPS server.\n"

// refuseTLS ends a connection whose handshake has failed.
func (c *conn) refuseTLS(err error) {
	defer c.drop()
	name := c.listener.protocol
	record, ok := errors.AsType[tls.RecordHeaderError](err)
	switch {
	case err == io.EOF: // somebody who looks whether the port is open
		return
	case ok && record.Conn != nil:
		err = sniff.NoTLS(name, record.RecordHeader[:])
		if sniff.Of(record.RecordHeader[:]) == sniff.HTTP {
			io.WriteString(record.Conn, plainHTTP)
			defer netio.Drain(record.Conn)
		}
	default:
		err = &protocol.Error{Protocol: name, Op: "TLS handshake", Kind: protocol.ErrAborted, Err: err}
	}
	c.report(name, err)
	if noRequest(err) {
		throttle.End()
	}
}

// tlsOf returns the TLS that nc is, or gives what was read of; nil: there is none.
func tlsOf(nc net.Conn) *tls.Conn {
	if r, ok := nc.(*replay); ok {
		nc = r.Conn
	}
	tc, _ := nc.(*tls.Conn)
	return tc
}

// negotiated returns the protocol that ALPN has told for nc.
func negotiated(nc net.Conn) string {
	if tc := tlsOf(nc); tc != nil {
		return tc.ConnectionState().NegotiatedProtocol
	}
	return ""
}

// isHTTP reports whether ALPN has told that nc speaks HTTP.
func isHTTP(nc net.Conn) bool {
	return slices.Contains([]string{alpnHTTP1, alpnHTTP2}, negotiated(nc))
}

// A secureWebConn is a webConn over TLS, of which net/http tells its handlers.
type secureWebConn struct {
	*webConn
	secure *tls.Conn
}

// ConnectionState is what net/http asks for.
func (c secureWebConn) ConnectionState() tls.ConnectionState { return c.secure.ConnectionState() }

// webConnOf returns the webConn of a connection that net/http serves.
func webConnOf(nc net.Conn) *webConn {
	if c, ok := nc.(secureWebConn); ok {
		return c.webConn
	}
	return nc.(*webConn)
}
