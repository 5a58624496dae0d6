package endpoint

import (
	"io"
	"log/slog"
	"strings"
	"testing"

	"github.com/postern-gateway/postern/internal/ratelimit/ratelimittest"
	"github.com/postern-gateway/postern/protocol"
)

// What a backend does wrong in each of its answers, or writes to its error stream, leads to no more
// than so many lines a second.
func TestWhatBackendsDoIsLoggedWithinBounds(t *testing.T) {
	const surplus = "Status: 200\r\nContent-Length: 1\r\n\r\nxyz"
	for name, row := range map[string]struct{ scheme, says, line string }{
		"scgi":           {"scgi", surplus, beyond},
		"http":           {"http", strings.Replace(surplus, "Status:", "HTTP/1.1", 1), beyond},
		"fastcgi":        {"fastcgi", framed("fastcgi", surplus), beyond},
		"fastcgi stderr": {"fastcgi", record(7, "a warning\n") + framed("fastcgi", "Status: 200\r\n\r\nx"), "a warning"},
	} {
		t.Run(name, func(t *testing.T) {
			ratelimittest.Check(t, row.line, func(t *testing.T, log *slog.Logger) func() {
				e := parsed(t, row.scheme+"+unix:/backend")
				speaking(e, step{0, row.says})
				c, err := e.Client(&ClientOptions{Log: log})
				if err != nil {
					t.Fatal(err)
				}
				t.Cleanup(func() { c.Close() })
				return func() {
					res, err := c.RoundTrip(t.Context(), &protocol.Request{Params: protocol.Pairs("REQUEST_METHOD", "GET", "REQUEST_URI", "/")})
					if err != nil {
						t.Fatal(err)
					}
					io.Copy(io.Discard, res.Body)
					res.Body.Close()
				}
			})
		})
	}
}
