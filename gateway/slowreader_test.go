package gateway_test

import (
	"context"
	"io"
	"net"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/postern-gateway/postern/gateway"
	"github.com/postern-gateway/postern/protocol"
)

// WriteTimeout bounds the time without progress, not that of one large write: bug, a client that
// takes a large answer slowly was cut where the handler wrote it at once. In this test time is
// virtual.
func TestSlowReaderOfOneLargeWrite(t *testing.T) {
	const size, piece = 16 << 20, 1 << 20
	for name, two := range map[string]bool{"HTTP/1.1": false, "HTTP/2": true} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := &gateway.Server{Limits: &protocol.Limits{WriteTimeout: 2 * time.Second}, Handler: protocol.HandlerFunc(
					func(w protocol.ResponseWriter, r *protocol.Request) error {
						n, err := w.Write(make([]byte, size))
						if n != size || err != nil {
							t.Errorf("%d bytes written, %v", n, err)
						}
						return err
					})}
				c := servedInBubble(t, s)
				protocols := new(http.Protocols)
				protocols.SetHTTP1(!two)
				protocols.SetUnencryptedHTTP2(two)
				front := &http.Transport{Protocols: protocols, DialContext: func(context.Context, string, string) (net.Conn, error) { return c, nil }}
				defer front.CloseIdleConnections()
				res, err := (&http.Client{Transport: front}).Get("http://localhost/")
				if err != nil {
					t.Fatal(err)
				}
				got := int64(0)
				for err == nil {
					var n int64
					n, err = io.CopyN(io.Discard, res.Body, piece)
					got += n
					<-time.After(time.Second)
				}
				if res.Body.Close(); got != size || err != io.EOF {
					t.Errorf("%d bytes came, %v", got, err)
				}
			})
		})
	}
}
