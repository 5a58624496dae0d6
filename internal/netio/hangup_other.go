//go:build !linux

package netio

import "syscall"

// watchHangup cannot tell on this system.
func watchHangup(syscall.RawConn, func(cause error)) (stop func()) { return nil }
