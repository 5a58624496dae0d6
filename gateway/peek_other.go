//go:build !unix

package gateway

import "time"

// peek cannot peek on this system.
func (c *conn) peek([]byte, time.Duration) (n int, err error) { return 0, errNoSocket }

// peekFirst cannot either.
func (c *conn) peekFirst(k peeking, _ time.Duration) (peeking, error) { return k, errNoSocket }

type peeking struct {
	p     []byte
	n     int
	whole bool
}
