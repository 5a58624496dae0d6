package upstream_test

import (
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/postern-gateway/postern/gateway/upstream"
	"github.com/postern-gateway/postern/internal/ratelimit"
	"github.com/postern-gateway/postern/protocol"
)

// Each request that goes on to another backend leads to a line, and as many as clients send may:
// so the lines are bounded. In this test time is virtual.
func TestRequestsThatGoOnAreLoggedWithinBounds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var log strings.Builder
		b := balancer(t, &upstream.Balancer{Log: slog.New(slog.NewTextHandler(&log, nil))},
			upstream.Backend{Name: "a", Client: fails(errRefused), MaxFails: -1, Weight: 1000}, upstream.Backend{Name: "b", Backup: true})
		ask := func(times int) {
			for range times {
				res, err := b.RoundTrip(t.Context(), &protocol.Request{Params: protocol.Pairs("REQUEST_METHOD", "GET")})
				if err != nil {
					t.Fatal(err)
				}
				res.Body.Close()
			}
		}
		ask(ratelimit.Many + 50)
		<-time.After(time.Second)
		ask(1)
		if n := strings.Count(log.String(), "goes on to another backend"); n != ratelimit.Many+1 || !strings.Contains(log.String(), "unlogged=50") {
			t.Errorf("%d lines", n)
		}
	})
}
