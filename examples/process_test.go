package examples

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// patience bounds what a test waits for. It is no measure: nothing comes near it unless something
// hangs.
const patience = 30 * time.Second

// built is the folder with the examples' programs, once build has made it.
var built string

// build compiles the examples.
var build = sync.OnceValue(func() (err error) {
	if built, err = os.MkdirTemp("", "examples"); err != nil {
		return err
	}
	if err := os.Chmod(built, 0o755); err != nil { // Apache's user runs the CGI program
		return err
	}
	out, err := exec.Command("go", "build", "-ldflags=-s -w", "-o", built+string(filepath.Separator), "./...").CombinedOutput()
	if err != nil {
		return fmt.Errorf("go build: %w\n%s", err, out)
	}
	return nil
})

// program is the path of an example.
func program(t *testing.T, name string) string {
	t.Helper()
	if err := build(); err != nil {
		t.Fatal(err)
	}
	return filepath.Join(built, name)
}

// A process is a server in the foreground.
type process struct {
	cmd  *exec.Cmd
	done chan struct{} // closed when its output has ended

	mu    sync.Mutex
	lines []string      // what it has said
	more  chan struct{} // closed when there is another line
}

// start starts a program, which is told to end when the test ends. If it fails, the test prints
// what it has said.
func start(t *testing.T, env []string, argv ...string) *process {
	t.Helper()
	p := &process{cmd: exec.Command(argv[0], argv[1:]...), done: make(chan struct{}), more: make(chan struct{})}
	p.cmd.Env = append(os.Environ(), env...)
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	p.cmd.Stdout, p.cmd.Stderr = w, w
	err = p.cmd.Start()
	w.Close()
	if err != nil {
		r.Close()
		t.Fatal(err)
	}
	go p.listen(r)
	t.Cleanup(func() { p.stop(t) })
	return p
}

// listen notes what the process says, until no process holds its output.
func (p *process) listen(r io.ReadCloser) {
	defer close(p.done)
	defer r.Close()
	for s := bufio.NewScanner(r); s.Scan(); {
		p.mu.Lock()
		p.lines = append(p.lines, s.Text())
		close(p.more)
		p.more = make(chan struct{})
		p.mu.Unlock()
	}
}

func (p *process) stop(t *testing.T) {
	p.cmd.Process.Signal(syscall.SIGTERM)
	select {
	case <-p.done:
	case <-time.After(patience):
		t.Errorf("%s did not end", p.cmd.Path)
		p.cmd.Process.Kill()
	}
	p.cmd.Wait()
	if t.Failed() {
		t.Logf("%s said:\n%s", p.cmd.Path, p.said())
	}
}

// said is what the process has said.
func (p *process) said() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return strings.Join(p.lines, "\n")
}

// says waits for a line that matches, and returns its first submatch.
func (p *process) says(t *testing.T, pattern string) string {
	t.Helper()
	re := regexp.MustCompile(pattern)
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	for seen := 0; ; {
		p.mu.Lock()
		lines, more := p.lines, p.more
		p.mu.Unlock()
		for ; seen < len(lines); seen++ {
			if m := re.FindStringSubmatch(lines[seen]); m != nil {
				return m[len(m)-1]
			}
		}
		select {
		case <-more:
		case <-p.done:
			t.Fatalf("%s ended before it said %q:\n%s", p.cmd.Path, pattern, p.said())
		case <-ctx.Done():
			t.Fatalf("%s does not say %q", p.cmd.Path, pattern)
		}
	}
}
