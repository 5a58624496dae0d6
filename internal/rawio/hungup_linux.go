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

// A pollFD is struct pollfd.
type pollFD struct {
	fd      int32
	events  int16
	revents int16
}

// poll returns which of the events a descriptor has now, and whether that could be told.
func poll(fd int, events int16) (has int16, ok bool) {
	p := pollFD{fd: int32(fd), events: events}
	var now syscall.Timespec
	_, _, e := syscall.RawSyscall6(syscall.SYS_PPOLL, uintptr(unsafe.Pointer(&p)), 1, uintptr(unsafe.Pointer(&now)), 0, 0, 0)
	return p.revents, e == 0
}

// HungUp reports whether a socket's peer has ended its side, however much of what it sent is
// unread. Where nobody can tell it is true.
func HungUp(fd int) bool {
	has, ok := poll(fd, pollRdHup)
	return !ok || has&(pollRdHup|pollHup|pollErr) != 0
}

// HasWriter reports whether some process still holds the other end of a pipe open, whatever may be
// left in it. Where nobody can tell it is true.
func HasWriter(fd int) bool {
	has, ok := poll(fd, 0)
	return !ok || has&pollHup == 0
}
