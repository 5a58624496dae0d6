//go:build !linux

package netio

import "syscall"

// AwaitInput cannot be done on this system.
func AwaitInput(syscall.RawConn, func()) (stop func()) { return nil }
