package netio

import "net"

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
