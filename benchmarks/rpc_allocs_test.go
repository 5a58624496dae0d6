//go:build !race

package benchmarks

import "testing"

// The allocations of a call are a promise, too: what the connection costs, 18 as of a request of
// uwsgi's, and RPC's own.
func TestRPCAllocations(t *testing.T) {
	const connection = 18
	for _, row := range []struct {
		call int
		own  float64 // at most
	}{
		{0, 6},
		{1, 6},
	} {
		c := rpcCalls[row.call]
		t.Run(c.name, func(t *testing.T) {
			s := startServer(t, "rpc hello native")
			k := newWorker(rpcWire, rpcExercise, s.socket, callPacket(c.args))
			defer k.close()
			got := allocations(t, s, 1, k.exchange) - connection
			if t.Logf("%.2f allocations a call of RPC's own", got); got > row.own+0.5 {
				t.Errorf("%.2f allocations a call of RPC's own, want at most %v", got, row.own)
			}
		})
	}
}
