package upstream_test

import (
	"log/slog"
	"testing"

	"github.com/postern-gateway/postern/gateway/upstream"
	"github.com/postern-gateway/postern/internal/ratelimit/ratelimittest"
	"github.com/postern-gateway/postern/protocol"
)

// Each request that goes on to another backend leads to a line, and as many as clients send may.
func TestRequestsThatGoOnAreLoggedWithinBounds(t *testing.T) {
	ratelimittest.Check(t, "goes on to another backend", func(t *testing.T, log *slog.Logger) func() {
		b := balancer(t, &upstream.Balancer{Log: log},
			upstream.Backend{Name: "a", Client: fails(errRefused), MaxFails: -1, Weight: 1000}, upstream.Backend{Name: "b", Backup: true})
		return func() {
			res, err := b.RoundTrip(t.Context(), &protocol.Request{Params: protocol.Pairs("REQUEST_METHOD", "GET")})
			if err != nil {
				t.Fatal(err)
			}
			res.Body.Close()
		}
	})
}
