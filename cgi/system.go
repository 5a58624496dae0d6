//go:build unix

package cgi

import "syscall"

type credential = syscall.Credential

var systemFork forkExec = syscall.ForkExec

// terminateGroup asks the processes of a group to end.
func terminateGroup(group int) error { return syscall.Kill(-group, syscall.SIGTERM) }

// killGroup ends them.
func killGroup(group int) error { return syscall.Kill(-group, syscall.SIGKILL) }

// reap waits for a child's end, and reports whether there is nothing to wait for any more.
func reap(child int, status *syscall.WaitStatus) bool {
	_, err := syscall.Wait4(child, status, 0, nil)
	return err != syscall.EINTR
}

// reapOrphans reaps those of a group that have become our own children.
func reapOrphans(group int) { syscall.Wait4(-group, nil, syscall.WNOHANG, nil) }

// limitSignals are the signals by which the system ends a process that passes a limit, or asks for
// what there is not.
var limitSignals = map[syscall.Signal]string{
	syscall.SIGSYS: "SIGSYS", syscall.SIGXCPU: "SIGXCPU, its limit of CPU time", syscall.SIGXFSZ: "SIGXFSZ, its limit of file size",
}
