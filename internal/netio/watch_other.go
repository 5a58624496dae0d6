//go:build !linux

package netio

import "syscall"

// watchHangup returns nil: this system cannot watch a socket.
func watchHangup(syscall.RawConn, func(cause error)) (stop func()) { return nil }

// AwaitInput returns nil: this system cannot watch a socket.
func AwaitInput(syscall.RawConn, func()) (stop func()) { return nil }
