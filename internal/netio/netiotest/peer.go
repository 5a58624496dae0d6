package netiotest

import (
	"net"
	"sync"
	"testing"
)

// Peer listens on loopback until the test ends, and returns the address. Of each connection it
// reads once, a request that is small, and then has answer do what is wanted. It closes it when
// answer returns.
func Peer(t testing.TB, answer func(net.Conn)) (address string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var all sync.WaitGroup
	t.Cleanup(all.Wait)
	t.Cleanup(func() { l.Close() })
	all.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			all.Go(func() {
				defer c.Close()
				c.Read(make([]byte, 64<<10))
				answer(c)
			})
		}
	})
	return l.Addr().String()
}
