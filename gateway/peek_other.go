//go:build !unix

package gateway

// peek cannot peek on this system.
func (c *conn) peek([]byte) (n int, ok bool) { return 0, false }
