//go:build unix && (!linux || race)

package rawio

import "syscall"

// Read is read(2) on a descriptor that does not block.
func Read(fd int, p []byte) (n int, err error) { return transfer(syscall.Read, fd, p) }

// Write is write(2) on a descriptor that does not block.
func Write(fd int, p []byte) (n int, err error) { return transfer(syscall.Write, fd, p) }

func transfer(call func(int, []byte) (int, error), fd int, p []byte) (n int, err error) {
	for {
		if n, err = call(fd, p); err != syscall.EINTR {
			return n, err
		}
	}
}

// Close is close(2) of a pipe.
func Close(fd int) { syscall.Close(fd) }
