//go:build unix && !linux

package cgi

import "syscall"

// newPipe returns a pipe whose ends are closed on exec. The parent's end does not block, the
// child's does, because programs do not expect EAGAIN.
func newPipe(parentReads bool) (parent, child int, err error) {
	var p [2]int
	syscall.ForkLock.RLock()
	err = syscall.Pipe(p[:])
	if err == nil {
		syscall.CloseOnExec(p[0])
		syscall.CloseOnExec(p[1])
	}
	syscall.ForkLock.RUnlock()
	if err != nil {
		return -1, -1, err
	}
	parent, child = p[0], p[1]
	if !parentReads {
		parent, child = child, parent
	}
	if err := syscall.SetNonblock(parent, true); err != nil {
		syscall.Close(parent)
		syscall.Close(child)
		return -1, -1, err
	}
	return parent, child, nil
}

// growPipe makes room for n bytes in the pipe, where the system can.
func growPipe(uintptr, int) {}

// awaitExit returns when our child pid has ended. Here it reaps it too, and takes a thread while it
// waits.
func awaitExit(pid int) (e leaderExit) {
	for !e.reaped {
		e.reaped = reap(pid, &e.status)
	}
	e.killed = e.status.Signaled()
	return e
}

// groupLives reports whether there is a process in the group, be it one that has ended and that
// init has not reaped yet.
func groupLives(group int, thorough bool) bool { return syscall.Kill(-group, 0) != syscall.ESRCH }
