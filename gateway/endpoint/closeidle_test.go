package endpoint

import (
	"context"
	"io"
	"log/slog"
	"net"
	"net/http"
	"sync/atomic"
	"testing"
	"testing/synctest"

	"github.com/postern-gateway/postern/gateway/upstream"
	"github.com/postern-gateway/postern/protocol"
)

// An http.Client's CloseIdleConnections reaches what the client of a URL keeps, whatever its
// options, and that of each backend of a Balancer.
func TestCloseIdleConnections(t *testing.T) {
	for scheme, answer := range keptAnswers {
		for _, options := range []string{"?keep=1", "?keep=1&mount=/&total-timeout=1m", "balanced"} {
			t.Run(scheme+options, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					var open atomic.Int64
					o := &ClientOptions{Connect: func(context.Context, string, string) (net.Conn, error) {
						ours, theirs := net.Pipe()
						go func() {
							defer theirs.Close()
							theirs.Read(make([]byte, 64<<10))
							io.WriteString(theirs, answer)
							theirs.Read(make([]byte, 1))
						}()
						open.Add(1)
						return &counted{Conn: ours, open: &open}, nil
					}}
					var backend protocol.RoundTripper
					if options == "balanced" {
						be, err := NewBackend(scheme+"://127.0.0.1:9?keep=1", o)
						if err != nil {
							t.Fatal(err)
						}
						b := &upstream.Balancer{Log: slog.New(slog.DiscardHandler)}
						defer b.Close()
						if err := b.Add(be); err != nil {
							t.Fatal(err)
						}
						backend = b
					} else {
						c, err := NewClient(scheme+"://127.0.0.1:9"+options, o)
						if err != nil {
							t.Fatal(err)
						}
						defer c.Close()
						backend = c
					}
					c := &http.Client{Transport: &protocol.Transport{Backend: backend}}
					res, err := c.Get("http://a.test/")
					if err != nil {
						t.Fatal(err)
					}
					io.Copy(io.Discard, res.Body)
					res.Body.Close()
					kept := open.Load()
					c.CloseIdleConnections()
					if synctest.Wait(); kept != 1 || open.Load() != 0 {
						t.Errorf("%d connections were kept, %d after they were closed", kept, open.Load())
					}
				})
			})
		}
	}
}
