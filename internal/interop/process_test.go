package interop

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"syscall"
	"testing"
	"time"
)

// A process is a server in the foreground, in a process group of its own, with all that it says in
// one file.
type process struct {
	cmd  *exec.Cmd
	log  string        // path of the file
	done chan struct{} // closed once the process has been waited for
	err  error         // what Wait returned, once done is closed
}

// startProcess starts a program. It lives until stop; if this test dies first the kernel tells it
// to end.
func startProcess(log string, env []string, argv ...string) (*process, error) {
	path, err := lookProgram(argv[0])
	if err != nil {
		return nil, err
	}
	out, err := os.OpenFile(log, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o666)
	if err != nil {
		return nil, err
	}
	defer out.Close()
	p := &process{cmd: exec.Command(path, argv[1:]...), log: log, done: make(chan struct{})}
	p.cmd.Dir = filepath.Dir(log)
	p.cmd.Env = append(os.Environ(), env...)
	p.cmd.Stdout, p.cmd.Stderr = out, out
	p.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGTERM}
	started := make(chan error)
	go func() {
		// The parent's death, for Pdeathsig, is the end of the thread that started the child.
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		err := p.cmd.Start()
		started <- err
		if err == nil {
			p.err = p.cmd.Wait()
			close(p.done)
		}
	}()
	if err := <-started; err != nil {
		return nil, err
	}
	return p, nil
}

// lookProgram finds a program also where Debian keeps daemons, which is not in everybody's PATH.
func lookProgram(name string) (string, error) {
	if path, err := exec.LookPath(name); err == nil {
		return path, nil
	}
	if path, err := exec.LookPath("/usr/sbin/" + name); err == nil {
		return path, nil
	}
	return "", fmt.Errorf("%s is not installed: make deps", name)
}

// stop ends the process and whatever it has started, and waits for it.
func (p *process) stop() error {
	group := -p.cmd.Process.Pid
	if err := syscall.Kill(group, syscall.SIGTERM); err != nil && !errors.Is(err, syscall.ESRCH) {
		return err
	}
	late := false
	select {
	case <-p.done:
	case <-time.After(10 * time.Second):
		late = true
	}
	// What is left of the group is workers that lost their master, if anything.
	_ = syscall.Kill(group, syscall.SIGKILL)
	<-p.done
	if late {
		return fmt.Errorf("%s did not end within 10 s of SIGTERM", p.cmd.Path)
	}
	return nil
}

// stopAtEnd stops p when the test ends, and prints what p said if the test failed.
func (p *process) stopAtEnd(t *testing.T) {
	t.Cleanup(func() {
		if err := p.stop(); err != nil {
			t.Error(err)
		}
		if t.Failed() {
			t.Logf("log of %s:\n%s", p.cmd.Path, p.said())
		}
	})
}

// said is the end of what p wrote to its log.
func (p *process) said() string {
	b, err := os.ReadFile(p.log)
	if err != nil {
		return err.Error()
	}
	const most = 16 << 10
	if len(b) > most {
		b = append([]byte("...\n"), b[len(b)-most:]...)
	}
	return string(b)
}
