package gateway

import (
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/postern-gateway/postern/internal/ratelimit"
)

// What net/http's servers log of broken connections does not fill the log.
func TestWhatNetHTTPLogsIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var out strings.Builder
		s := &Server{Log: slog.New(slog.NewTextHandler(&out, nil))}
		s.init()
		log := s.run.webLog()
		for range ratelimit.Many + 50 {
			log.Print("http2: server connection error")
		}
		<-time.After(time.Second)
		log.Print("the last")
		lines := strings.Split(strings.TrimSpace(out.String()), "\n")
		if last := lines[len(lines)-1]; len(lines) != ratelimit.Many+1 || !strings.HasSuffix(last, `level=WARN msg="the last" unlogged=50`) {
			t.Errorf("%d lines, the last %s", len(lines), last)
		}
	})
}
