package cgi

import (
	"os"
	"syscall"
	"unsafe"
)

const sysPidfdOpen = 434 // the same on every architecture

// awaitExit returns when the process pid, a child that nobody has waited for yet, has ended. Here
// it leaves it to be reaped, so that the number stays taken. A descriptor of the process in the
// poller spares a thread for each (Linux 5.10).
func awaitExit(pid int) (e exit) {
	fd, _, errno := syscall.Syscall(sysPidfdOpen, uintptr(pid), syscall.O_NONBLOCK, 0)
	if errno != 0 {
		e.block(pid)
		return e
	}
	f := os.NewFile(fd, "pidfd")
	defer f.Close()
	conn, err := f.SyscallConn()
	if err == nil {
		err = conn.Read(func(uintptr) bool { return e.look(pid, syscall.WNOHANG) })
	}
	if err != nil {
		e.block(pid)
	}
	return e
}

// block is for kernels without what awaitExit needs, at a thread for each process.
func (e *exit) block(pid int) {
	for !e.look(pid, 0) {
	}
}

// look asks with WNOWAIT, so that the process remains for the one who reaps it. One that cannot be
// asked has ended.
func (e *exit) look(pid, flags int) bool {
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

// pollFD is struct pollfd.
type pollFD struct {
	fd              int32
	events, revents int16
}

// hasWriter reports whether some process still holds the other end of a pipe open, whatever may be
// left in it.
func hasWriter(fd uintptr) bool {
	const hangUp = 0x10
	p, now := pollFD{fd: int32(fd)}, syscall.Timespec{}
	n, _, e := syscall.Syscall6(syscall.SYS_PPOLL, uintptr(unsafe.Pointer(&p)), 1, uintptr(unsafe.Pointer(&now)), 0, 0, 0)
	return e != 0 || n == 0 || p.revents&hangUp == 0
}
