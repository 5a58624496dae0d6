//go:build !linux

package rawio

import "runtime"

// Yield lets another goroutine run.
func Yield() { runtime.Gosched() }
