package compare

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"sync"
	"time"
)

// A program is a process in a process group of its own.
type program struct {
	cmd  *exec.Cmd
	said *tail
	done chan struct{} // closed once it has been waited for
}

// launch starts a program. It lives until kill. If we die first, it is told to end where the system
// can do that.
func launch(cmd *exec.Cmd) (*program, error) {
	p := &program{cmd: cmd, said: new(tail), done: make(chan struct{})}
	if cmd.Stdout == nil {
		cmd.Stdout = p.said
	}
	cmd.Stderr = p.said
	cmd.WaitDelay = 5 * time.Second // for a grandchild that holds the pipe of what is said
	ownGroup(cmd)
	started := make(chan error)
	go func() {
		// The death of this thread counts as ours.
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		err := cmd.Start()
		started <- err
		if err == nil {
			cmd.Wait() // how it ends is told by what it said
			close(p.done)
		}
	}()
	if err := <-started; err != nil {
		return nil, err
	}
	return p, nil
}

// kill ends the program and all of its group, and waits for it.
func (p *program) kill() {
	killGroup(p.cmd)
	<-p.done
}

// ended reports as an error that the program has ended.
func (p *program) ended() error {
	select {
	case <-p.done:
		return fmt.Errorf("%s has ended: %s", p.cmd.Path, p.said)
	default:
		return nil
	}
}

// startTimeout is how long a server may take until it can be connected to.
const startTimeout = 20 * time.Second

// await waits until somebody listens at a Unix socket.
func (p *program) await(address string) error {
	for until := time.Now().Add(startTimeout); ; {
		c, err := net.Dial("unix", address)
		if err == nil {
			return c.Close()
		}
		select {
		case <-p.done:
			return p.ended()
		case <-time.After(2 * time.Millisecond):
		}
		if time.Now().After(until) {
			return fmt.Errorf("%s does not listen after %v: %w: %s", p.cmd.Path, startTimeout, err, p.said)
		}
	}
}

// A tail keeps the end of what is written to it.
type tail struct {
	mu   sync.Mutex
	text []byte
}

// How many bytes a tail keeps, and how many of them an error has.
const (
	maxSaid = 64 << 10
	maxTold = 300
)

func (t *tail) Write(b []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.text = append(t.text, b...)
	t.text = t.text[max(0, len(t.text)-maxSaid):]
	return len(b), nil
}

// count is how often it keeps a text.
func (t *tail) count(text string) int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return bytes.Count(t.text, []byte(text))
}

// String returns the end of what it keeps, as one line.
func (t *tail) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	text := string(t.text[max(0, len(t.text)-maxTold):])
	text = strings.Join(strings.FieldsFunc(text, func(r rune) bool { return r == '\n' || r == '\r' }), " | ")
	if text == "" {
		return "it has said nothing"
	}
	return text
}

// output runs a program to its end and returns what it writes.
func output(path string, args ...string) (string, error) {
	ctx, cancel := context.WithTimeout(context.Background(), startTimeout)
	defer cancel()
	cmd := exec.CommandContext(ctx, path, args...)
	ownGroup(cmd)
	b, err := cmd.CombinedOutput()
	if exit := (*exec.ExitError)(nil); errors.As(err, &exit) {
		err = fmt.Errorf("%s: %w: %s", path, err, bytes.TrimSpace(b))
	}
	return string(b), err
}

// lookProgram finds a program also where daemons are, which is not in everybody's PATH.
func lookProgram(names ...string) (string, error) {
	for _, name := range names {
		for _, dir := range []string{"", "/usr/sbin/", "/usr/local/sbin/"} {
			if path, err := exec.LookPath(dir + name); err == nil {
				return path, nil
			}
		}
	}
	return "", fmt.Errorf("%s is not installed", names[0])
}

// listenerFile opens a Unix socket for programs that accept on a descriptor, and returns it.
func listenerFile(address string) (*os.File, error) {
	l, err := net.ListenUnix("unix", &net.UnixAddr{Name: address, Net: "unix"})
	if err != nil {
		return nil, err
	}
	defer l.Close()
	l.SetUnlinkOnClose(false)
	return l.File()
}
