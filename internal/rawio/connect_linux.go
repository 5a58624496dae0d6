//go:build !386 && !s390x

package rawio

import (
	"syscall"
	"unsafe"
)

// IsUnixName reports whether ConnectUnix takes the name.
func IsUnixName(name string) bool {
	return name != "" && name[0] != 0 && len(name) < len(syscall.RawSockaddrUnix{}.Path)
}

// ConnectUnix is connect(2) of a Unix stream socket that does not block. A name that begins with @
// is an abstract one. A full backlog is EAGAIN: nothing is waited for.
func ConnectUnix(fd int, name string) error {
	sa := syscall.RawSockaddrUnix{Family: syscall.AF_UNIX}
	path := (*[len(sa.Path)]byte)(unsafe.Pointer(&sa.Path)) // its elements have a sign, or not
	copy(path[:], name)
	size := unsafe.Offsetof(sa.Path) + uintptr(len(name))
	if name[0] == '@' {
		path[0] = 0
	} else {
		size++ // a NUL ends it
	}
	for {
		_, _, e := syscall.RawSyscall(syscall.SYS_CONNECT, uintptr(fd), uintptr(unsafe.Pointer(&sa)), size)
		switch e {
		case syscall.EINTR:
		case 0:
			return nil
		default:
			return e
		}
	}
}
