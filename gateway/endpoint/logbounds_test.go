package endpoint

import (
	"io"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/postern-gateway/postern/internal/ratelimit"
	"github.com/postern-gateway/postern/protocol"
)

// What a backend does wrong in each of its answers, or writes to its error stream, leads to no more
// than so many lines a second. In this test time is virtual.
func TestWhatBackendsDoIsLoggedWithinBounds(t *testing.T) {
	const surplus = "Status: 200\r\nContent-Length: 1\r\n\r\nxyz"
	for name, row := range map[string]struct{ scheme, says, line string }{
		"scgi":           {"scgi", surplus, beyond},
		"http":           {"http", strings.Replace(surplus, "Status:", "HTTP/1.1", 1), beyond},
		"fastcgi":        {"fastcgi", framed("fastcgi", surplus), beyond},
		"fastcgi stderr": {"fastcgi", record(7, "a warning\n") + framed("fastcgi", "Status: 200\r\n\r\nx"), "a warning"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var log strings.Builder
				e := parsed(t, row.scheme+"+unix:/backend")
				speaking(e, step{0, row.says})
				c, err := e.Client(&ClientOptions{Log: slog.New(slog.NewTextHandler(&log, nil))})
				if err != nil {
					t.Fatal(err)
				}
				defer c.Close()
				ask := func(times int) {
					for range times {
						res, err := c.RoundTrip(t.Context(), &protocol.Request{Params: protocol.Pairs("REQUEST_METHOD", "GET", "REQUEST_URI", "/")})
						if err != nil {
							t.Fatal(err)
						}
						io.Copy(io.Discard, res.Body)
						res.Body.Close()
					}
				}
				ask(ratelimit.Many + 50)
				<-time.After(time.Second)
				ask(1)
				if n := strings.Count(log.String(), row.line); n != ratelimit.Many+1 || !strings.Contains(log.String(), "unlogged=50") {
					t.Errorf("%d lines", n)
				}
			})
		})
	}
}
