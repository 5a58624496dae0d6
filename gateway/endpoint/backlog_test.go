package endpoint

import (
	"path/filepath"
	"syscall"
	"testing"
	"time"
)

// TestFullBacklogIsTriedAgain: connect says EAGAIN while the backlog is full.
func TestFullBacklogIsTriedAgain(t *testing.T) {
	path := filepath.Join(t.TempDir(), "s")
	fd, err := syscall.Socket(syscall.AF_UNIX, syscall.SOCK_STREAM, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer syscall.Close(fd)
	if err := syscall.Bind(fd, &syscall.SockaddrUnix{Name: path}); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Listen(fd, 0); err != nil {
		t.Fatal(err)
	}
	e := &Endpoint{Network: "unix", Address: path}
	first, err := e.dial(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer first.Close()
	time.AfterFunc(20*time.Millisecond, func() {
		if nfd, _, err := syscall.Accept(fd); err == nil {
			syscall.Close(nfd)
		}
	})
	second, err := e.dial(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	second.Close()
}
