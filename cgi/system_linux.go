package cgi

import (
	"bytes"
	"os"
	"strconv"
	"syscall"
	"unsafe"
)

// newPipe returns a pipe whose ends are closed on exec. The parent's end does not block, the
// child's does, because programs do not expect EAGAIN.
func newPipe(parentReads bool) (parent, child int, err error) {
	var p [2]int
	if err := syscall.Pipe2(p[:], syscall.O_CLOEXEC|syscall.O_NONBLOCK); err != nil {
		return -1, -1, err
	}
	parent, child = p[0], p[1]
	if !parentReads {
		parent, child = child, parent
	}
	// The status flags belong to one end alone. Nothing but O_NONBLOCK can be set on a new pipe, so
	// 0 clears just that.
	if _, _, e := syscall.RawSyscall(syscall.SYS_FCNTL, uintptr(child), syscall.F_SETFL, 0); e != 0 {
		syscall.Close(parent)
		syscall.Close(child)
		return -1, -1, e
	}
	return parent, child, nil
}

const fSetPipeSize = 1031 // F_SETPIPE_SZ

// growPipe makes room for n bytes in the pipe. A system that grants no more keeps what it has.
func growPipe(fd uintptr, n int) {
	syscall.RawSyscall(syscall.SYS_FCNTL, fd, fSetPipeSize, uintptr(n))
}

const sysPidfdOpen = 434 // the same on every architecture

// awaitExit returns when our child pid has ended. On Linux it does not reap it, so that the number
// cannot be given to another process. It waits by a descriptor of the process (Linux 5.10), which
// costs no thread.
func awaitExit(pid int) (e leaderExit) {
	fd, _, errno := syscall.Syscall(sysPidfdOpen, uintptr(pid), syscall.O_NONBLOCK, 0)
	if errno != 0 {
		e.wait(pid)
		return e
	}
	f := os.NewFile(fd, "pidfd")
	defer f.Close()
	conn, err := f.SyscallConn()
	if err == nil {
		err = conn.Read(func(uintptr) bool { return e.poll(pid, syscall.WNOHANG) })
	}
	if err != nil {
		e.wait(pid)
	}
	return e
}

// wait waits at the cost of a thread, on kernels that lack what awaitExit needs.
func (e *leaderExit) wait(pid int) {
	for !e.poll(pid, 0) {
	}
}

// poll reports whether the process has ended. WNOWAIT leaves it to be reaped. A process that waitid
// does not find has ended.
func (e *leaderExit) poll(pid, flags int) bool {
	const byPid, killed, dumped = 1, 2, 3
	var info struct {
		signo, errno, code int32
		_                  [116]byte
	}
	_, _, err := syscall.Syscall6(syscall.SYS_WAITID, byPid, uintptr(pid), uintptr(unsafe.Pointer(&info)),
		uintptr(syscall.WEXITED|syscall.WNOWAIT|flags), 0, 0)
	switch err {
	case 0:
		e.killed = info.code == killed || info.code == dumped
		return info.signo != 0
	case syscall.EINTR:
		return false
	}
	return true
}

// groupLives reports whether a process of the group still runs. Signal 0 finds also processes that
// have ended and that init has not reaped, which may be slow or, in a container, may not happen.
// So, if thorough, the state of each member is read from /proc.
func groupLives(group int, thorough bool) bool {
	if syscall.Kill(-group, 0) == syscall.ESRCH {
		return false
	}
	if !thorough {
		return true
	}
	proc, err := os.Open("/proc")
	if err != nil {
		return true
	}
	defer proc.Close()
	names, err := proc.Readdirnames(-1)
	for _, name := range names {
		if name[0] >= '1' && name[0] <= '9' && runsIn(name, group) {
			return true
		}
	}
	return err != nil
}

// runsIn reads the state and the group of a process from "pid (name) state ppid pgrp".
func runsIn(pid string, group int) bool {
	stat, err := os.ReadFile("/proc/" + pid + "/stat")
	if err != nil {
		return false
	}
	i := bytes.LastIndexByte(stat, ')')
	f := bytes.Fields(stat[i+1:])
	return len(f) > 2 && string(f[2]) == strconv.Itoa(group) && f[0][0] != 'Z' && f[0][0] != 'X'
}
