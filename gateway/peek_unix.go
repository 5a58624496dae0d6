//go:build unix

package gateway

import (
	"io"
	"syscall"
	"time"

	"github.com/postern-gateway/postern/internal/netio"
	"github.com/postern-gateway/postern/internal/rawio"
)

// peek waits until p can be filled with the connection's first bytes, and leaves them there: so the
// protocol gets the connection as it is. It fails with errNoSocket where it cannot, with io.EOF
// where the connection has ended or nobody can tell whether it has, and after limit (0: whatever
// deadline is set). n is how many have come all the same.
func (c *conn) peek(p []byte, limit time.Duration) (n int, err error) {
	return c.peekBy(&peeking{p: p}, limit)
}

// peekBy is peek, as k says.
func (c *conn) peekBy(k *peeking, limit time.Duration) (n int, err error) {
	sc, ok := c.net.(syscall.Conn)
	if !ok {
		return 0, errNoSocket
	}
	raw, err := sc.SyscallConn()
	if err != nil {
		return 0, err
	}
	raw.Control(func(fd uintptr) { k.done = k.try(fd) })
	if !k.done {
		c.setReadTimeout(limit) // in each step as little stack as can be
		err := netio.ForWaiting(raw).Read(k.try)
		if limit > 0 { // what comes next may have no limit
			c.net.SetReadDeadline(time.Time{})
		}
		if err != nil {
			return k.n, err
		}
	}
	return k.n, k.err
}

type peeking struct {
	p     []byte
	n     int
	err   error
	whole bool // p is to become a piece as large as can be
	done  bool
}

// try peeks once; false means to wait.
func (k *peeking) try(fd uintptr) bool {
	n, err := k.peek(int(fd))
	if err == syscall.EAGAIN {
		return false
	}
	if k.n = max(n, 0); k.n >= len(k.p) {
		return true
	}
	if k.n > 0 && !rawio.HungUp(int(fd)) {
		return false
	}
	k.err = io.EOF
	return true
}

func (k *peeking) peek(fd int) (int, error) {
	if !k.whole {
		return rawio.Peek(fd, k.p)
	}
	piece, n, err := netio.PeekFirst(fd, len(k.p))
	if piece != nil {
		k.p = piece
	}
	return n, err
}
