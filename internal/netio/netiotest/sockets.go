//go:build unix

package netiotest

import (
	"net"
	"os"
	"syscall"
	"testing"
)

// Unix returns the two ends of a Unix connection. They are closed when the test ends; a read or a
// write that takes longer than Patience fails.
func Unix(t testing.TB) (a, b *net.UnixConn) { return pair(t, syscall.SOCK_STREAM) }

// Packets returns the two ends of a connection on which a read returns what one write wrote.
func Packets(t testing.TB) (a, b *net.UnixConn) { return pair(t, syscall.SOCK_SEQPACKET) }

func pair(t testing.TB, typ int) (a, b *net.UnixConn) {
	t.Helper()
	fds, err := syscall.Socketpair(syscall.AF_UNIX, typ, 0)
	if err != nil {
		t.Fatal(err)
	}
	var ends [2]*net.UnixConn
	for i, fd := range fds {
		syscall.CloseOnExec(fd)
		f := os.NewFile(uintptr(fd), "socket")
		c, err := net.FileConn(f)
		if err != nil {
			t.Fatal(err)
		}
		f.Close()
		ends[i] = c.(*net.UnixConn)
		own(t, c)
	}
	return ends[0], ends[1]
}
