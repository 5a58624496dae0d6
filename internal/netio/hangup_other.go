//go:build !linux

package netio

// Watch cannot tell on this system when a peer has gone that nobody reads from: the next read or write does.
func (b *Conn) Watch(gone func(cause error)) (stop func()) { return nil }
