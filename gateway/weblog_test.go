package gateway

import (
	"log/slog"
	"testing"

	"github.com/postern-gateway/postern/internal/ratelimit/ratelimittest"
)

// What net/http's servers log of broken connections does not fill the log.
func TestWhatNetHTTPLogsIsBounded(t *testing.T) {
	ratelimittest.Check(t, `level=WARN msg="http2: server connection error"`, func(_ *testing.T, log *slog.Logger) func() {
		s := &Server{Log: log}
		s.init()
		web := s.run.webLog()
		return func() { web.Print("http2: server connection error") }
	})
}
