package netio

import (
	"crypto/tls"
	"net"
	"time"
)

// Transport returns the connection below all that c wraps and shows by NetConn, as crypto/tls does.
// wrapped reports whether it is another than c.
func Transport(c net.Conn) (inner net.Conn, wrapped bool) {
	for range 8 { // a wrapper may return itself
		w, ok := c.(interface{ NetConn() net.Conn })
		if !ok {
			break
		}
		c, wrapped = w.NetConn(), true
	}
	return c, wrapped
}

// CloseTransport closes what c wraps, so that c's own Close cannot say that what was sent is whole:
// TLS does so by an alert, close_notify. It does nothing to a connection that wraps none.
func CloseTransport(c net.Conn) {
	if inner, wrapped := Transport(c); wrapped {
		inner.Close()
	}
}

// undecipherable is a record of TLS that no key fits.
var undecipherable = append([]byte{0x17, 3, 3, 0, 32}, make([]byte, 32)...)

// cutTime is how long CutTLS waits for a peer that takes nothing.
const cutTime = 100 * time.Millisecond

// CutTLS closes what c wraps, if c is TLS, and reports whether it is. The peer sees that what came
// is not whole: fronts take a reset, or an end without close_notify, for a whole response (nginx
// does), but not a record that they cannot read. Where the peer may still be sending that is taken
// in first. c itself is left to be closed.
func CutTLS(c net.Conn, sending bool) bool {
	if !isTLS(c) {
		return false
	}
	inner, _ := Transport(c)
	inner.SetWriteDeadline(time.Now().Add(cutTime))
	inner.Write(undecipherable)
	if sending {
		Drain(inner)
	}
	inner.Close()
	return true
}

// isTLS reports whether c is TLS, or wraps it.
func isTLS(c net.Conn) bool {
	for range 8 {
		if _, ok := c.(interface{ ConnectionState() tls.ConnectionState }); ok {
			return true
		}
		w, ok := c.(interface{ NetConn() net.Conn })
		if !ok {
			break
		}
		c = w.NetConn()
	}
	return false
}
