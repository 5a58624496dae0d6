package endpoint

import (
	"context"
	"io"
	"log/slog"
	"net"
	"strings"
	"testing"

	"github.com/postern-gateway/postern/gateway/upstream"
	"github.com/postern-gateway/postern/protocol"
)

// A body of unknown length, which is taken in before a connection is made wherever the wire must
// tell its length, goes on whole to another backend where nothing of it was sent, however long it
// is; and nothing of it is left.
func TestBodyOfUnknownLengthGoesOn(t *testing.T) {
	body := strings.Repeat("0123456789", 20<<10)
	echo := protocol.HandlerFunc(func(w protocol.ResponseWriter, r *protocol.Request) error {
		_, err := io.Copy(w, r.Body)
		return err
	})
	for scheme := range answers {
		t.Run(scheme, func(t *testing.T) {
			at, _ := serving(t, scheme, echo)
			lim := &protocol.Limits{SpoolMemory: 1 << 10, Budget: new(protocol.Budget)}
			b := &upstream.Balancer{Log: slog.New(slog.DiscardHandler)}
			defer b.Close()
			for url, connect := range map[string]connectFunc{
				scheme + "://127.0.0.1:9?weight=2": func(context.Context, string, string) (net.Conn, error) { return refused() },
				at:                                 nil,
			} {
				be, err := NewBackend(url, &ClientOptions{Limits: lim, Connect: connect})
				if err == nil {
					err = b.Add(be)
				}
				if err != nil {
					t.Fatal(err)
				}
			}
			res, err := b.RoundTrip(t.Context(), &protocol.Request{Body: onlyReads{strings.NewReader(body)}, ContentLength: -1,
				Params: protocol.Pairs("REQUEST_METHOD", "POST", "REQUEST_URI", "/", "PATH_INFO", "/", "SERVER_PROTOCOL", "HTTP/1.1", "HTTP_HOST", "h")})
			if err != nil {
				t.Fatal(err)
			}
			got, err := io.ReadAll(res.Body)
			res.Body.Close()
			if string(got) != body || err != nil {
				t.Errorf("%d of %d bytes, %v", len(got), len(body), err)
			}
			if n := lim.Budget.HoldFiles(0); n != 0 || b.Stats().Backends[0].Requests+b.Stats().Backends[1].Requests != 2 {
				t.Errorf("%d files are left; %+v", n, b.Stats())
			}
		})
	}
}

// onlyReads hides what else a reader can do.
type onlyReads struct{ io.Reader }
