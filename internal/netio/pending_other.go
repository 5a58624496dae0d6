//go:build !unix

package netio

import "syscall"

// Pending cannot tell on this system.
func Pending(syscall.RawConn) bool { return false }
