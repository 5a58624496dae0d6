package cgi

import "syscall"

// newPipe returns a pipe whose ends are closed on exec. The parent's end does not block, the
// child's does: a program does not expect EAGAIN.
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
