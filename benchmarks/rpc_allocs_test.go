//go:build !race

package benchmarks

import (
	"context"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/postern-gateway/postern/uwsgi/rpc"
)

// The allocations of a call are a promise, too: in the server what the connection costs, 18 as of a
// request of uwsgi's, and two of RPC's own, for the call with its context and for how it is
// answered. The arguments are where they were read. What is above that are buffers that a garbage
// collection has taken.
func TestRPCAllocations(t *testing.T) {
	const connection, most = 18, 2.5
	for _, c := range rpcCalls {
		t.Run(c.name, func(t *testing.T) {
			s := startServer(t, "rpc hello native")
			k := newWorker(rpcWire, rpcExercise, s.socket, callPacket(c.args))
			defer k.close()
			got := allocations(t, s, 1, k.exchange) - connection
			if t.Logf("%.2f allocations a call of RPC's own", got); got > most {
				t.Errorf("%.2f allocations a call of RPC's own, want at most %v", got, most)
			}
		})
	}
}

// In the client they are the call's, its result's, and three of context.AfterFunc, by which a
// context that can end closes the connection.
func TestRPCClientAllocations(t *testing.T) {
	const most = 5
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	for _, c := range rpcCalls {
		t.Run(c.name, func(t *testing.T) {
			conn := new(answeringConn)
			client := &rpc.Client{Dial: func(context.Context) (net.Conn, error) {
				conn.Reset("\xad\x0b\x00\x00Hello World")
				return conn, nil
			}}
			n := testing.AllocsPerRun(1000, func() {
				if _, err := client.Call(ctx, "hello", c.args...); err != nil {
					t.Fatal(err)
				}
			})
			if t.Logf("%v allocations a call", n); n > most {
				t.Errorf("%v allocations a call, want at most %v", n, most)
			}
		})
	}
}

// An answeringConn reads as an answer.
type answeringConn struct{ strings.Reader }

func (*answeringConn) Write(p []byte) (int, error)      { return len(p), nil }
func (*answeringConn) Close() error                     { return nil }
func (*answeringConn) LocalAddr() net.Addr              { return nil }
func (*answeringConn) RemoteAddr() net.Addr             { return nil }
func (*answeringConn) SetDeadline(time.Time) error      { return nil }
func (*answeringConn) SetReadDeadline(time.Time) error  { return nil }
func (*answeringConn) SetWriteDeadline(time.Time) error { return nil }
