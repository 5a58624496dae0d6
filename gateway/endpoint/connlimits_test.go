package endpoint

import (
	"context"
	"io"
	"net"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/postern-gateway/postern/protocol"
)

// Every client has no more connections open than its URL says. A request that waits for one is
// served when there is one, or fails with 503 after its time.
func TestMaxOpen(t *testing.T) {
	for scheme, answer := range answers {
		for _, row := range []struct {
			options string
			open    int64
			status  int // of a third request, three seconds after the others
		}{
			{"?max-open=2", 2, 200},
			{"?max-open=2&first-byte-timeout=5s", 2, 503},
			{"", 3, 200},
		} {
			synctest.Test(t, func(t *testing.T) {
				e, err := Parse(scheme + "://127.0.0.1:9" + row.options)
				if err != nil {
					t.Fatal(err)
				}
				var open, most atomic.Int64
				e.connect = func(context.Context, string, string) (net.Conn, error) {
					most.Store(max(open.Add(1), most.Load()))
					return &counted{Conn: answering(answer), open: &open}, nil
				}
				c, err := e.Client(nil)
				if err != nil {
					t.Fatal(err)
				}
				defer c.Close()
				request := &protocol.Request{Params: protocol.Pairs("REQUEST_METHOD", "GET", "REQUEST_URI", "/", "HTTP_HOST", "h")}
				for range 2 {
					res, err := c.RoundTrip(t.Context(), request)
					if err != nil {
						t.Fatal(err)
					}
					time.AfterFunc(10*time.Second, func() {
						io.Copy(io.Discard, res.Body)
						res.Body.Close()
					})
				}
				<-time.After(3 * time.Second)
				status := 0
				if res, err := c.RoundTrip(t.Context(), request); err != nil {
					status = protocol.Status(err)
				} else {
					status = res.Status
					res.Body.Close()
				}
				<-time.After(10 * time.Second)
				if status != row.status || most.Load() != row.open || open.Load() != 0 {
					t.Errorf("%s%s: %d, with %d connections open at most, %d in the end", scheme, row.options, status, most.Load(), open.Load())
				}
			})
		}
	}
}

// A counted connection is open until it is closed.
type counted struct {
	net.Conn
	open   *atomic.Int64
	closed sync.Once
}

func (c *counted) Close() error {
	c.closed.Do(func() { c.open.Add(-1) })
	return c.Conn.Close()
}

// keep, max-age, max-requests and idle-timeout say which connections carry a second request.
func TestKeepAndMaxAge(t *testing.T) {
	for scheme, answer := range keptAnswers {
		for _, row := range []struct {
			options string
			fastcgi int // connections for three requests, the last after a minute
			http    int
		}{
			{"", 3, 1}, {"?keep=0", 3, 3}, {"?keep=-1", 3, 3}, {"?keep=1", 1, 1},
			{"?keep=1&max-age=30s", 2, 2}, {"?keep=1&max-age=1h", 1, 1},
			{"?keep=1&max-requests=1", 3, 3}, {"?keep=1&max-requests=2", 2, 2}, {"?keep=1&max-requests=3", 1, 1},
			{"?keep=1&idle-timeout=30s", 2, 2}, {"?keep=1&idle-timeout=2m", 1, 1}, {"?keep=1&idle-timeout=0s", 1, 1},
		} {
			synctest.Test(t, func(t *testing.T) {
				e, err := Parse(scheme + "://127.0.0.1:9" + row.options)
				if err != nil {
					t.Fatal(err)
				}
				dials := 0
				e.connect = func(context.Context, string, string) (net.Conn, error) {
					dials++
					ours, theirs := net.Pipe()
					go func() {
						defer theirs.Close()
						for b := make([]byte, 64<<10); ; {
							if _, err := theirs.Read(b); err != nil {
								return
							}
							io.WriteString(theirs, answer)
						}
					}()
					return ours, nil
				}
				c, err := e.Client(nil)
				if err != nil {
					t.Fatal(err)
				}
				defer c.Close()
				for _, later := range []time.Duration{0, 0, time.Minute} {
					<-time.After(later)
					res, err := c.RoundTrip(t.Context(), &protocol.Request{Params: protocol.Pairs("REQUEST_METHOD", "GET", "REQUEST_URI", "/", "HTTP_HOST", "h")})
					if err != nil {
						t.Fatal(err)
					}
					io.Copy(io.Discard, res.Body)
					res.Body.Close()
				}
				if want := map[string]int{"fastcgi": row.fastcgi, "http": row.http}[scheme]; dials != want {
					t.Errorf("%s%s: %d connections, want %d", scheme, row.options, dials, want)
				}
			})
		}
	}
}
