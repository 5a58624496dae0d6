//go:build !race

package benchmarks

import "testing"

// TestRPCSystemCalls is TestSystemCalls for calls: a long one costs no more than a short one. They
// are accept4, a look by recvfrom, read, write and close; the rest is for a busy machine, on which
// connections are waited for.
func TestRPCSystemCalls(t *testing.T) {
	const few, many = 50, 250
	const most = 7.0
	for _, c := range rpcCalls {
		t.Run(c.name, func(t *testing.T) {
			call := callPacket(c.args)
			more := systemCalls(t, rpcWire, rpcExercise, call, many) - systemCalls(t, rpcWire, rpcExercise, call, few)
			each := float64(more) / (many - few)
			if t.Logf("%.2f system calls a call", each); each > most {
				t.Errorf("%.2f system calls a call, want at most %.2f", each, most)
			}
		})
	}
}
