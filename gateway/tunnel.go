package gateway

import (
	"errors"
	"io"
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
	defer conn.Close()
	end := func() {
		conn.Close()
		res.Body.Close()
	}
	var both sync.WaitGroup
	both.Go(func() { pour(back, rw.Reader, end) })
	pour(conn, back, end)
	both.Wait()
	return nil
}

// pour copies one direction of a tunnel and passes its end on. An error ends both directions.
func pour(to io.Writer, from io.Reader, end func()) {
	_, err := io.Copy(to, from)
	if err == nil {
		err = closeWrite(to)
	}
	if err != nil {
		end()
	}
}
