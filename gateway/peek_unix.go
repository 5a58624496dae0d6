//go:build unix

package gateway

import (
	"syscall"
	"time"
)

// peek waits for the connection's first bytes, looks at as many of them as p holds, and leaves them there: so the protocol gets the
// connection as it is. n is 0 where the connection has ended, or nothing has come within limit (0: none). ok is false where it is no
// socket.
func (c *conn) peek(p []byte, limit time.Duration) (n int, ok bool) {
	sc, ok := c.net.(syscall.Conn)
	if !ok {
		return 0, false
	}
	raw, err := sc.SyscallConn()
	if err != nil {
		return 0, true
	}
	k := peeking{p: p}
	raw.Control(func(fd uintptr) { k.done = k.try(fd) })
	if !k.done {
		c.patience(limit) // in each step as little stack as can be
		if err := raw.Read(k.try); err != nil {
			return 0, true
		}
	}
	return k.n, true
}

type peeking struct {
	p    []byte
	n    int
	done bool
}

// try peeks once; false means to wait.
func (k *peeking) try(fd uintptr) bool {
	for {
		n, _, err := syscall.Recvfrom(int(fd), k.p, syscall.MSG_PEEK)
		switch {
		case err == syscall.EINTR:
			continue
		case err == syscall.EAGAIN:
			return false
		case err == nil:
			k.n = n
		}
		return true
	}
}
