//go:build !race

package rawio

import (
	"syscall"
	"unsafe"
)

// ReadTwo is readv(2) into two pieces on a descriptor that does not block.
func ReadTwo(fd int, first, second []byte) (n int, err error) {
	return transferTwo(syscall.SYS_READV, fd, first, second)
}

// WriteTwo is writev(2) of two pieces on a descriptor that does not block.
func WriteTwo(fd int, first, second []byte) (n int, err error) {
	if len(second) == 0 {
		return Write(fd, first)
	}
	return transferTwo(syscall.SYS_WRITEV, fd, first, second)
}

func transferTwo(call uintptr, fd int, first, second []byte) (int, error) {
	var pieces [2]syscall.Iovec
	for i, p := range [2][]byte{first, second} {
		pieces[i].Base = unsafe.SliceData(p)
		pieces[i].SetLen(len(p))
	}
	for {
		n, _, e := syscall.RawSyscall(call, uintptr(fd), uintptr(unsafe.Pointer(&pieces)), 2)
		if e != syscall.EINTR {
			return result(n, e)
		}
	}
}
