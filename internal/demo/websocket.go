package demo

import (
	"net/http"

	"github.com/coder/websocket"

	"github.com/postern-gateway/postern/protocol"
)

func (c exchange) webSocket() error {
	if c.native != nil {
		return protocol.FromHTTP(http.HandlerFunc(webSocket)).Serve(c.w, c.native)
	}
	webSocket(c.w, c.http)
	return nil
}

// webSocket echoes messages until the client closes. A request that is none is answered by Accept,
// with the reason.
func webSocket(w http.ResponseWriter, r *http.Request) {
	// a demo has no origin to protect
	c, err := websocket.Accept(w, r, &websocket.AcceptOptions{InsecureSkipVerify: true})
	if err != nil {
		return
	}
	defer c.CloseNow()
	c.SetReadLimit(1 << 20)
	for {
		kind, message, err := c.Read(r.Context())
		if err != nil {
			return
		}
		if err := c.Write(r.Context(), kind, message); err != nil {
			return
		}
	}
}
