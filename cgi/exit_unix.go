//go:build unix && !linux

package cgi

import "syscall"

// awaitExit returns when the process pid, a child that nobody has waited for yet, has ended. Here it reaps it too, and
// takes a thread while it waits.
func awaitExit(pid int) (e exit) {
	for !e.reaped {
		_, err := syscall.Wait4(pid, &e.status, 0, nil)
		e.reaped = err != syscall.EINTR
	}
	e.killed = e.status.Signaled()
	return e
}

// hasWriter reports whether some process still holds the other end of a pipe open. Where that cannot be asked, one may.
func hasWriter(uintptr) bool { return true }
