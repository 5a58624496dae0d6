//go:build unix

package main

import "syscall"

// umask sets the mode bits that new files do not get, and returns those before.
func umask(mask int) int { return syscall.Umask(mask) }
