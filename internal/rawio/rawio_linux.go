//go:build !race

package rawio

import (
	"syscall"
	"unsafe"
)

// Read is read(2) on a descriptor that does not block.
func Read(fd int, p []byte) (n int, err error) { return transfer(syscall.SYS_READ, fd, p) }

// Write is write(2) on a descriptor that does not block.
func Write(fd int, p []byte) (n int, err error) { return transfer(syscall.SYS_WRITE, fd, p) }

func transfer(call uintptr, fd int, p []byte) (int, error) {
	for {
		n, _, e := syscall.RawSyscall(call, uintptr(fd), uintptr(unsafe.Pointer(unsafe.SliceData(p))), uintptr(len(p)))
		if e != syscall.EINTR {
			return result(n, e)
		}
	}
}

// Close is close(2) of a pipe.
func Close(fd int) { syscall.RawSyscall(syscall.SYS_CLOSE, uintptr(fd), 0, 0) }

// Reap is wait4(2) with WNOHANG. A child that still runs is pid 0.
func Reap(child int, status *syscall.WaitStatus) (pid int, err error) {
	n, _, e := syscall.RawSyscall6(syscall.SYS_WAIT4, uintptr(child), uintptr(unsafe.Pointer(status)), syscall.WNOHANG, 0, 0, 0)
	return result(n, e)
}

func result(n uintptr, e syscall.Errno) (int, error) {
	if e != 0 {
		return -1, e
	}
	return int(n), nil
}
