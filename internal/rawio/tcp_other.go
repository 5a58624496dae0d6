//go:build !linux

package rawio

// Unsent returns 0: this system does not tell how many bytes a peer has not acknowledged.
func Unsent(int) int { return 0 }

// IsClosed returns false: this system does not tell a socket's state.
func IsClosed(int) bool { return false }
