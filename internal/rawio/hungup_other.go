//go:build !linux

package rawio

// HungUp reports whether a socket's peer has ended its side. This system does not tell, so it may
// have.
func HungUp(int) bool { return true }
