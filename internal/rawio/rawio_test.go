//go:build unix

package rawio

import (
	"os/exec"
	"syscall"
	"testing"
)

// Each call does what its own of the system does, errors included, and none waits.
func TestPipe(t *testing.T) {
	var p [2]int
	if err := syscall.Pipe(p[:]); err != nil {
		t.Fatal(err)
	}
	in, out := p[0], p[1]
	for _, fd := range p {
		if err := syscall.SetNonblock(fd, true); err != nil {
			t.Fatal(err)
		}
	}
	buf := make([]byte, 10)
	if n, err := Read(in, buf); n != -1 || err != syscall.EAGAIN {
		t.Errorf("empty: %d, %v", n, err)
	}
	if n, err := Write(out, []byte("hello")); n != 5 || err != nil {
		t.Errorf("write: %d, %v", n, err)
	}
	if n, err := Read(in, buf); n != 5 || err != nil || string(buf[:n]) != "hello" {
		t.Errorf("read: %d %q, %v", n, buf, err)
	}
	if n, err := Read(in, nil); n != 0 || err != nil && err != syscall.EAGAIN {
		t.Errorf("nothing asked for: %d, %v", n, err)
	}
	full := make([]byte, 1<<20)
	if n, err := Write(out, full); n < 1 || n >= len(full) || err != nil {
		t.Errorf("more than it holds: %d, %v", n, err)
	}
	if n, err := Write(out, full); n != -1 || err != syscall.EAGAIN {
		t.Errorf("full: %d, %v", n, err)
	}
	Close(out)
	for n, err := Read(in, full); n != 0; n, err = Read(in, full) {
		if err != nil {
			t.Fatal(err)
		}
	}
	Close(in)
	if n, err := Read(in, buf); n != -1 || err != syscall.EBADF {
		t.Errorf("closed: %d, %v", n, err)
	}
}

func TestPeek(t *testing.T) {
	p, err := syscall.Socketpair(syscall.AF_UNIX, syscall.SOCK_STREAM, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer Close(p[0])
	if err := syscall.SetNonblock(p[0], true); err != nil {
		t.Fatal(err)
	}
	buf := make([]byte, 10)
	if n, err := Peek(p[0], buf); n != -1 || err != syscall.EAGAIN {
		t.Errorf("empty: %d, %v", n, err)
	}
	syscall.Write(p[1], []byte("hello"))
	for range 2 {
		if n, err := Peek(p[0], buf); n != 5 || err != nil || string(buf[:n]) != "hello" {
			t.Errorf("%q, %v", buf[:n], err)
		}
	}
	Close(p[1])
	Read(p[0], buf)
	if n, err := Peek(p[0], buf); n != 0 || err != nil {
		t.Errorf("the end: %d, %v", n, err)
	}
}

func TestReap(t *testing.T) {
	cmd := exec.Command("sh", "-c", "read line; exit 3")
	stdin, err := cmd.StdinPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	var status syscall.WaitStatus
	if pid, err := Reap(cmd.Process.Pid, &status); pid != 0 || err != nil {
		t.Errorf("it runs: %d, %v", pid, err)
	}
	stdin.Close()
	pid, err := 0, error(nil)
	for ; pid == 0 && err == nil; pid, err = Reap(cmd.Process.Pid, &status) {
		Yield()
	}
	if pid != cmd.Process.Pid || err != nil || status.ExitStatus() != 3 {
		t.Errorf("it has ended: %d, %v, %v", pid, err, status)
	}
	if pid, err := Reap(cmd.Process.Pid, &status); pid != -1 || err != syscall.ECHILD {
		t.Errorf("it is reaped: %d, %v", pid, err)
	}
	cmd.Process.Release()
}
