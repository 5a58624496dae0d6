//go:build unix

package cgi

import (
	"os"
	"strconv"
	"sync"
	"syscall"
	"time"

	"github.com/postern-gateway/postern/internal/rawio"
)

// devNull is the standard input of every script without a body. It is opened once, and never
// closed.
var devNull = sync.OnceValues(func() (int, error) {
	return syscall.Open(os.DevNull, syscall.O_RDWR|syscall.O_CLOEXEC, 0)
})

// spawn starts c in a process group of its own. Without withStdin its standard input is empty.
//
// It calls syscall.ForkExec, because os/exec and os.StartProcess cost a quarter more of our own
// time, for a descriptor, a finalizer and a goroutine that a script which ends soon does not need.
func spawn(c *command, withStdin bool, fork forkExec) (s spawned, err error) {
	setCloseOnExec()
	s = spawned{pid: -1, stdin: -1, stdout: -1, stderr: -1}
	child := [3]int{-1, -1, -1}
	defer func() {
		closeAll(child[1:])
		if withStdin {
			closeAll(child[:1])
		}
		if err != nil {
			closeAll([]int{s.stdin, s.stdout, s.stderr})
		}
	}()
	if withStdin {
		s.stdin, child[0], err = newPipe(false)
	} else {
		child[0], err = devNull()
	}
	if err == nil {
		s.stdout, child[1], err = newPipe(true)
	}
	if err == nil {
		s.stderr, child[2], err = newPipe(true)
	}
	if err != nil {
		return s, err
	}
	attr := &syscall.ProcAttr{
		Dir: c.dir, Env: c.env,
		Files: []uintptr{uintptr(child[0]), uintptr(child[1]), uintptr(child[2])},
		Sys:   &syscall.SysProcAttr{Setpgid: true, Credential: c.cred},
	}
	s.pid, err = forkRetrying(c, attr, fork)
	return s, err
}

// forkRetrying tries again for a while after ETXTBSY: a file that has just been written may still
// be open in another process that was forked at that moment.
func forkRetrying(c *command, attr *syscall.ProcAttr, fork forkExec) (pid int, err error) {
	for pause := time.Millisecond; ; pause *= 2 {
		pid, err = fork(c.path, c.argv, attr)
		if err != syscall.ETXTBSY || pause > 64*time.Millisecond {
			return pid, err
		}
		time.Sleep(pause)
	}
}

func closeAll(fds []int) {
	for _, fd := range fds {
		if fd >= 0 {
			rawio.Close(fd)
		}
	}
}

// setCloseOnExec has every descriptor closed that a script would inherit. It runs once: files that
// Go opens are closed on exec anyway, so only those are left that we were started with, such as the
// sockets of socket activation.
var setCloseOnExec = sync.OnceFunc(func() {
	syscall.ForkLock.Lock()
	defer syscall.ForkLock.Unlock()
	names, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		names, _ = os.ReadDir("/dev/fd")
	}
	for _, entry := range names {
		if fd, err := strconv.Atoi(entry.Name()); err == nil && fd > 2 {
			syscall.CloseOnExec(fd)
		}
	}
})

type credential = syscall.Credential

var systemFork forkExec = syscall.ForkExec

// terminateGroup asks the processes of a group to end, by SIGTERM.
func terminateGroup(group int) error { return syscall.Kill(-group, syscall.SIGTERM) }

// killGroup ends the processes of a group by SIGKILL.
func killGroup(group int) error { return syscall.Kill(-group, syscall.SIGKILL) }

// reap waits for a child's exit. It reports false if it was interrupted.
func reap(child int, status *syscall.WaitStatus) bool {
	_, err := syscall.Wait4(child, status, 0, nil)
	return err != syscall.EINTR
}

// reapOrphans reaps a process of the group that has become our own child and has ended.
func reapOrphans(group int) { syscall.Wait4(-group, nil, syscall.WNOHANG, nil) }

// limitSignals are the signals by which the system ends a process that exceeds a limit or makes an
// unknown system call.
var limitSignals = map[syscall.Signal]string{
	syscall.SIGSYS: "SIGSYS", syscall.SIGXCPU: "SIGXCPU, its limit of CPU time", syscall.SIGXFSZ: "SIGXFSZ, its limit of file size",
}
