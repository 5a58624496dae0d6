//go:build unix

package rawio

import (
	"os/exec"
	"syscall"
	"testing"
)

// pipe returns the ends of a pipe that does not block.
func pipe(t *testing.T) (in, out int) {
	t.Helper()
	var p [2]int
	if err := syscall.Pipe(p[:]); err != nil {
		t.Fatal(err)
	}
	for _, fd := range p {
		if err := syscall.SetNonblock(fd, true); err != nil {
			t.Fatal(err)
		}
	}
	return p[0], p[1]
}

// Each call does what its own of the system does, errors included, and none waits.
func TestPipe(t *testing.T) {
	in, out := pipe(t)
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
	for _, pieces := range [][2][]byte{{full, full}, {nil, full}, {full, nil}} {
		if n, err := WriteTwo(out, pieces[0], pieces[1]); n != -1 || err != syscall.EAGAIN {
			t.Errorf("two pieces of %d and %d bytes, full: %d, %v", len(pieces[0]), len(pieces[1]), n, err)
		}
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

// Two pieces go out as one, or as much of them as the other end has room for.
func TestWriteTwo(t *testing.T) {
	in, out := pipe(t)
	defer Close(in)
	defer Close(out)
	buf := make([]byte, 20)
	for _, pieces := range [][2]string{{"hello, ", "world"}, {"", "world"}, {"hello, ", ""}} {
		want := pieces[0] + pieces[1]
		if n, err := WriteTwo(out, []byte(pieces[0]), []byte(pieces[1])); n != len(want) || err != nil {
			t.Errorf("%q: %d, %v", pieces, n, err)
		}
		if n, err := Read(in, buf); err != nil || string(buf[:n]) != want {
			t.Errorf("read %q, %v, want %q", buf[:max(n, 0)], err, want)
		}
	}
	large := make([]byte, 1<<20)
	n, err := WriteTwo(out, []byte("hello, "), large)
	if n <= len("hello, ") || n >= len(large) || err != nil {
		t.Errorf("more than it holds: %d, %v", n, err)
	}
	if n, err := WriteTwo(out, nil, large); n != -1 || err != syscall.EAGAIN {
		t.Errorf("the rest of that: %d, %v", n, err)
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

// A read fills two pieces, one after the other, with what is there.
func TestReadTwo(t *testing.T) {
	in, out := pipe(t)
	defer Close(in)
	defer Close(out)
	first, second := make([]byte, 5), make([]byte, 10)
	if n, err := ReadTwo(in, first, second); n != -1 || err != syscall.EAGAIN {
		t.Errorf("empty: %d, %v", n, err)
	}
	for _, text := range []string{"hel", "hello", "hello, world"} {
		if _, err := Write(out, []byte(text)); err != nil {
			t.Fatal(err)
		}
		n, err := ReadTwo(in, first, second)
		got := string(first[:min(max(n, 0), 5)]) + string(second[:max(n-5, 0)])
		if err != nil || got != text {
			t.Errorf("%q: %q, %v", text, got, err)
		}
	}
}
