//go:build !linux

package netio

import "syscall"

// watchHangup cannot tell on this system.
func watchHangup(syscall.RawConn, func(cause error)) (stop func()) { return nil }

// AwaitInput cannot be done on this system.
func AwaitInput(syscall.RawConn, func()) (stop func()) { return nil }
