package rawio

import (
	"syscall"
	"unsafe"
)

// The events of poll(2), which package syscall lacks. POLLERR and POLLHUP need not be asked for.
const (
	pollErr   = 0x8
	pollHup   = 0x10
	pollRdHup = 0x2000
)

type pollFD struct {
	fd      int32
	events  int16
	revents int16
}

// HungUp reports whether a socket's peer has ended its side, however much of what it sent is
// unread. Where nobody can tell it is true.
func HungUp(fd int) bool {
	p := pollFD{fd: int32(fd), events: pollRdHup}
	var now syscall.Timespec
	_, _, e := syscall.RawSyscall6(syscall.SYS_PPOLL, uintptr(unsafe.Pointer(&p)), 1, uintptr(unsafe.Pointer(&now)), 0, 0, 0)
	return e != 0 || p.revents&(pollRdHup|pollHup|pollErr) != 0
}
