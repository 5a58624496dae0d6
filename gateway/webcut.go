package gateway

import (
	"net"
	"net/http"

	"github.com/postern-gateway/postern/internal/netio"
)

// noteCut has the connection end in a reset if the response to hr is not whole and nothing else can
// tell: to HTTP/1.0, without a declared length. Else the length tells, or the chunk that is
// missing. TLS does not end as it should in any case.
func (x *webExchange) noteCut(hr *http.Request) {
	if x.whole {
		return
	}
	x.conn.cut.Store(true)
	if !hr.ProtoAtLeast(1, 1) && !x.sized {
		x.conn.resets.Store(true)
	}
}

// A resetter is a connection that can be closed so that its peer's read fails.
type resetter interface{ Reset() error }

// reset closes a connection so, where it can be. What the peer has not read yet may be lost on TCP.
func reset(c net.Conn) error {
	inner, _ := netio.Transport(c)
	if r, ok := inner.(resetter); ok {
		r.Reset()
	}
	netio.ResetOnClose(inner)
	netio.CloseTransport(c)
	return c.Close()
}

// responseWhole tells a connection that the present response is whole, or that it is somebody
// else's now.
func responseWhole(c net.Conn) {
	if s, ok := c.(interface{ responseWhole() }); ok {
		s.responseWhole()
	}
}
