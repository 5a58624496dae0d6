package benchmarks

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"runtime/pprof"
	"strings"
	"syscall"
	"testing"
	"time"
)

// A usage is what a server has used so far.
type usage struct {
	CPU    int64  // of all its threads, user and system, without its children; ns
	Allocs uint64 // since it began

	// In use now, in bytes, only after "settle".
	Heap, Stack uint64
	RSS         int64 // resident

	Lines int64 // of log, of a server that is flooded
}

// A server is a child process that serves one variant of one exercise.
type server struct {
	socket string
	cmd    *exec.Cmd
	in     io.WriteCloser
	out    *bufio.Reader
}

// startServer starts the server that spec names: see runServer.
func startServer(b testing.TB, spec string) *server {
	b.Helper()
	dir, err := os.MkdirTemp("", "bench") // b.TempDir is too long for a Unix socket
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { os.RemoveAll(dir) })
	return startServerAt(b, spec, filepath.Join(dir, "s"))
}

// startServerAt starts the server that spec names, with the given socket.
func startServerAt(b testing.TB, spec, socket string) *server {
	b.Helper()
	exe, err := os.Executable()
	if err != nil {
		b.Fatal(err)
	}
	s := &server{socket: socket}
	s.cmd = exec.Command(exe)
	s.cmd.Env = append(os.Environ(), serverVariable+"="+spec+" "+s.socket)
	s.cmd.Stderr = os.Stderr
	in, err := s.cmd.StdinPipe()
	if err != nil {
		b.Fatal(err)
	}
	out, err := s.cmd.StdoutPipe()
	if err != nil {
		b.Fatal(err)
	}
	s.in, s.out = in, bufio.NewReader(out)
	if err := s.cmd.Start(); err != nil {
		b.Fatal(err)
	}
	b.Cleanup(s.stop)
	if line, err := s.out.ReadString('\n'); line != "ready\n" {
		b.Fatalf("%s: %q, %v", spec, line, err)
	}
	return s
}

// stop ends the server. It may be called again.
func (s *server) stop() {
	s.in.Close() // it ends when there can be no question any more
	s.cmd.Wait()
}

// ask asks the server for its usage; "settle" has it collect garbage first.
func (s *server) ask(b testing.TB, question string) (u usage) {
	b.Helper()
	if _, err := io.WriteString(s.in, question+"\n"); err != nil {
		b.Fatal(err)
	}
	line, err := s.out.ReadBytes('\n')
	if err == nil {
		err = json.Unmarshal(line, &u)
	}
	if err != nil {
		b.Fatalf("the server ended: %v", err)
	}
	return u
}

// answerQuestions is the server's end of ask. It returns when the benchmark has gone.
func answerQuestions() error {
	if name := os.Getenv(profileVariable); name != "" {
		f, err := os.Create(name)
		if err != nil {
			return err
		}
		defer f.Close()
		pprof.StartCPUProfile(f)
		defer pprof.StopCPUProfile()
	}
	fmt.Println("ready")
	questions := bufio.NewScanner(os.Stdin)
	for questions.Scan() {
		var u usage
		if questions.Text() == "settle" {
			u.settle()
		}
		u.count()
		line, err := json.Marshal(u)
		if err != nil {
			return err
		}
		fmt.Printf("%s\n", line)
	}
	return questions.Err()
}

func (u *usage) count() {
	var ru syscall.Rusage
	syscall.Getrusage(syscall.RUSAGE_SELF, &ru)
	u.CPU = ru.Utime.Nano() + ru.Stime.Nano()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	u.Allocs = m.Mallocs
	u.RSS = resident()
	u.Lines = logged.Load()
}

// resident is how much of the process is in memory now.
func resident() (n int64) {
	status, _ := os.ReadFile("/proc/self/status")
	_, rss, _ := strings.Cut(string(status), "VmRSS:")
	fmt.Sscan(rss, &n)
	return n << 10
}

// processCPU is the CPU time of a process that is not ours, of all its threads, in nanoseconds.
func processCPU(b testing.TB, pid int) (total int64) {
	b.Helper()
	threads, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/schedstat", pid))
	if err != nil || len(threads) == 0 {
		b.Fatalf("process %d has ended, or the system does not tell: %v", pid, err)
	}
	for _, name := range threads {
		text, _ := os.ReadFile(name)
		var onCPU int64
		fmt.Sscan(string(text), &onCPU)
		total += onCPU
	}
	return total
}

// awaitSocket returns once a Unix socket accepts, and fails where the server has ended.
func awaitSocket(b testing.TB, socket string, ended <-chan struct{}) {
	b.Helper()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for {
		c, err := net.Dial("unix", socket)
		if err == nil {
			c.Close()
			return
		}
		select {
		case <-ended:
			b.Fatalf("the server of %s has ended", socket)
		case <-tick.C:
		}
	}
}

func (u *usage) settle() {
	<-time.After(idleTime)
	for range 2 { // what pools hold goes with the second
		runtime.GC()
	}
	debug.FreeOSMemory()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	u.Heap, u.Stack = m.HeapInuse, m.StackInuse
}
