//go:build unix && !linux

package cgi

import "syscall"

// groupLives reports whether there is a process in the group. One that has ended, and waits for
// init to reap it, counts.
func groupLives(group int, thorough bool) bool { return syscall.Kill(-group, 0) != syscall.ESRCH }
