package gateway

import (
	"errors"
	"io"
	"net"
	"net/http"
	"sync"

	"github.com/postern-gateway/postern/protocol"
)

// upgrade joins the two connections after a 101.
func (x *passage) upgrade(res *protocol.Response) error {
	back, ok := res.Body.(io.ReadWriter)
	if !ok || x.in.Params.Get("HTTP_UPGRADE") == "" {
		return x.failed("read response", errors.New("101 Switching Protocols, where none was asked for or possible"))
	}
	for name, values := range res.Header {
		x.w.Header()[name] = values
	}
	x.w.WriteHeader(http.StatusSwitchingProtocols)
	conn, rw, err := x.control.Hijack()
	if err != nil {
		return &protocol.Error{Op: "proxy: switch protocols", Kind: protocol.ErrUnsupported, Err: err}
	}
	x.link.part() // from here on a client that ends its own direction has not gone
	defer conn.Close()
	var both sync.WaitGroup
	both.Go(func() { x.pour(back, rw.Reader, conn) })
	x.pour(conn, back, conn)
	both.Wait()
	return nil
}

// pour copies one direction of a tunnel and passes its end on. An error ends both directions.
func (x *passage) pour(to io.Writer, from io.Reader, front net.Conn) {
	_, err := io.Copy(to, from)
	if err == nil {
		err = closeWrite(to)
	}
	if err != nil {
		x.link.end(err)
		front.Close()
	}
}
