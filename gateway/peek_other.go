//go:build !unix

package gateway

import "time"

// peek cannot peek on this system.
func (c *conn) peek([]byte, time.Duration) (n int, err error) { return 0, errNoSocket }

// peekBy cannot either.
func (c *conn) peekBy(*peeking, time.Duration) (n int, err error) { return 0, errNoSocket }

type peeking struct {
	p     []byte
	whole bool
}
