//go:build unix

package endpoint

import (
	"errors"
	"fmt"
	"net"
	"os"
	"syscall"
)

// openDescriptor makes a listener of a descriptor that was opened for us, and closes that, unless
// it is one of the standard three. The socket's file is its maker's: it stays.
func openDescriptor(fd int) (net.Listener, error) {
	if err := listens(fd); err != nil {
		return nil, err
	}
	f := os.Stdin
	switch fd {
	case 0:
	case 1:
		f = os.Stdout
	case 2:
		f = os.Stderr
	default:
		f = os.NewFile(uintptr(fd), "listener")
		defer f.Close()
	}
	return net.FileListener(f)
}

// listens returns nil if fd is a socket that listens.
func listens(fd int) error {
	v, err := syscall.GetsockoptInt(fd, syscall.SOL_SOCKET, syscall.SO_ACCEPTCONN)
	switch {
	case errors.Is(err, syscall.EBADF):
		return fmt.Errorf("file descriptor %d is not open: who starts the program must open it", fd)
	case errors.Is(err, syscall.ENOTSOCK):
		return fmt.Errorf("file descriptor %d is no socket: who starts the program must open one", fd)
	case err != nil: // the system cannot tell: what has no peer listens (FastCGI section 2.2)
		if _, err := syscall.Getpeername(fd); errors.Is(err, syscall.ENOTCONN) {
			return nil
		}
		return fmt.Errorf("file descriptor %d: %w", fd, err)
	case v == 0:
		return fmt.Errorf("file descriptor %d is a socket that does not listen", fd)
	}
	return nil
}
