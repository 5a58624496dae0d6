//go:build unix && !linux

package cgi

// awaitExit returns when the process pid, a child that nobody has waited for yet, has ended. Here
// it reaps it too, and takes a thread while it waits.
func awaitExit(pid int) (e exit) {
	for !e.reaped {
		e.reaped = reap(pid, &e.status)
	}
	e.killed = e.status.Signaled()
	return e
}

// hasWriter reports whether some process still holds the other end of a pipe open. Where that
// cannot be asked, one may.
func hasWriter(uintptr) bool { return true }
