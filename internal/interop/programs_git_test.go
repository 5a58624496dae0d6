package interop

import (
	"bytes"
	"compress/gzip"
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
)

const gitBackend = "/usr/lib/git-core/git-http-backend"

// largeFile is the size of the repository that is pushed, which is one random file.
const largeFile = 50 << 20

// TestGit has git itself clone from git http-backend and push to it, by `postern serve`.
func TestGit(t *testing.T) {
	needFronts(t)
	t.Parallel()
	g := newGitHost(t)
	s := serveProgramBy(t, startCommand, "stock", withParams("cgi:"+gitBackend, "env", "GIT_PROJECT_ROOT="+g.root, "env", "GIT_HTTP_EXPORT_ALL=1",
		"env", "GIT_CONFIG_GLOBAL=/dev/null", "env", "GIT_CONFIG_NOSYSTEM=1"))
	s.each(t, func(t *testing.T, way *site) {
		t.Run("clone", func(t *testing.T) { g.clone(t, way) })
		t.Run("shallow clone", func(t *testing.T) { g.shallowClone(t, way) })
		t.Run("gzip-encoded request", func(t *testing.T) { g.gzipRequest(t, way) })
		t.Run("push of 50 MB", func(t *testing.T) { g.push(t, way) })
		t.Run("two pushes at once", func(t *testing.T) { g.twoPushes(t, way) })
		t.Run("clone killed half way", func(t *testing.T) { g.killedClone(t, way) })
	})
}

// A gitHost has the repositories: small.git with some history, and what is pushed for each way.
// work is the clone that pushes come from.
type gitHost struct{ root, work string }

func newGitHost(t *testing.T) *gitHost {
	t.Helper()
	g := &gitHost{root: sharedDir(t), work: t.TempDir()}
	small := filepath.Join(g.root, "small.git")
	git(t, g.root, nil, "init", "-q", "--bare", "-b", "main", small)
	git(t, small, smallHistory(), "fast-import", "--quiet")
	git(t, g.work, nil, "init", "-q", "-b", "main")
	git(t, g.work, largeHistory(), "-c", "core.compression=0", "fast-import", "--quiet")
	return g
}

// smallHistory is three commits, in the language of git fast-import.
func smallHistory() io.Reader {
	var b strings.Builder
	for i := range 3 {
		fmt.Fprintf(&b, "commit refs/heads/main\ncommitter A U Thor <author@example.org> %d +0000\ndata <<.\ncommit number %d\n.\n", 1e9+i, i+1)
		fmt.Fprintf(&b, "M 644 inline hello.txt\ndata <<.\nhello number %d\n.\n", i+1)
	}
	return strings.NewReader(b.String())
}

// largeHistory is one commit with the large file, and two branches more.
func largeHistory() io.Reader {
	head := fmt.Sprintf("commit refs/heads/main\ncommitter A U Thor <author@example.org> 1000000000 +0000\ndata 5\nlarge\n"+
		"M 644 inline large\ndata %d\n", largeFile)
	readers := []io.Reader{strings.NewReader(head), io.LimitReader(rand.NewChaCha8([32]byte{}), largeFile)}
	for _, branch := range []string{"left", "right"} {
		readers = append(readers, strings.NewReader("\ncommit refs/heads/"+branch+"\ncommitter A U Thor <author@example.org> 1000000001 +0000\n"+
			"data 5\nsmall\nfrom refs/heads/main\nM 644 inline "+branch+"\ndata 300000\n"),
			io.LimitReader(rand.NewChaCha8([32]byte{branch[0]}), 300_000))
	}
	return io.MultiReader(append(readers, strings.NewReader("\n"))...)
}

// gitCommand is git in a folder, without anybody's configuration, in a process group of its own.
// The large file passes through it in pieces, for which it needs no memory of that size.
func gitCommand(ctx context.Context, dir string, stdin io.Reader, args ...string) *exec.Cmd {
	c := exec.CommandContext(ctx, "git", args...)
	c.Dir, c.Stdin = dir, stdin
	c.Env = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + dir, "GIT_CONFIG_GLOBAL=/dev/null", "GIT_CONFIG_NOSYSTEM=1", "GIT_TERMINAL_PROMPT=0",
		"LC_ALL=C", "GIT_CONFIG_COUNT=1", "GIT_CONFIG_KEY_0=core.bigFileThreshold", "GIT_CONFIG_VALUE_0=1m"}
	c.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	c.Cancel = func() error { return syscall.Kill(-c.Process.Pid, syscall.SIGKILL) }
	return c
}

// git runs git, which must succeed, and returns what it says without the last line's end.
func git(t *testing.T, dir string, stdin io.Reader, args ...string) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 2*patience)
	defer cancel()
	c := gitCommand(ctx, dir, stdin, args...)
	var said, wrong bytes.Buffer
	c.Stdout, c.Stderr = &said, &wrong
	if err := c.Run(); err != nil {
		t.Fatalf("git %s: %v\n%s%s", strings.Join(args, " "), err, said.Bytes(), wrong.Bytes())
	}
	return strings.TrimRight(said.String(), "\n")
}

func (g *gitHost) clone(t *testing.T, s *site) {
	dir := t.TempDir()
	git(t, dir, nil, "clone", "-q", s.url("/small.git"), "copy")
	copied := filepath.Join(dir, "copy")
	want := git(t, filepath.Join(g.root, "small.git"), nil, "rev-parse", "main")
	if got := git(t, copied, nil, "rev-parse", "HEAD"); got != want {
		t.Errorf("HEAD: want %s, got %s", want, got)
	}
	git(t, copied, nil, "fsck", "--strict")
	b, err := os.ReadFile(filepath.Join(copied, "hello.txt"))
	if err != nil || string(b) != "hello number 3\n" {
		t.Errorf("hello.txt: %q, %v", b, err)
	}
}

func (g *gitHost) shallowClone(t *testing.T, s *site) {
	dir := t.TempDir()
	git(t, dir, nil, "clone", "-q", "--depth", "1", s.url("/small.git"), "copy")
	if got := git(t, filepath.Join(dir, "copy"), nil, "rev-list", "--count", "HEAD"); got != "1" {
		t.Errorf("want 1 commit, got %s", got)
	}
	git(t, filepath.Join(dir, "copy"), nil, "fetch", "-q", "--unshallow")
	if got := git(t, filepath.Join(dir, "copy"), nil, "rev-list", "--count", "HEAD"); got != "3" {
		t.Errorf("want 3 commits once it is not shallow any more, got %s", got)
	}
}

// gzipRequest sends what git sends when it has much to say of what it has.
func (g *gitHost) gzipRequest(t *testing.T, s *site) {
	head := git(t, filepath.Join(g.root, "small.git"), nil, "rev-parse", "main")
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	fmt.Fprintf(z, "0032want %s\n00000009done\n", head)
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	r := s.do(t, call{path: "/small.git/git-upload-pack", body: &b, header: http.Header{
		"Content-Type": {"application/x-git-upload-pack-request"}, "Content-Encoding": {"gzip"},
	}}).want(t, 200)
	if !bytes.HasPrefix(r.body, []byte("0008NAK\nPACK")) {
		t.Errorf("want a pack, got %.100q", r.body)
	}
}

// target is the repository that is pushed to on this way.
func (g *gitHost) target(t *testing.T, s *site) (dir, path string) {
	t.Helper()
	dir = filepath.Join(g.root, s.protocol+".git")
	if _, err := os.Stat(dir); err != nil {
		git(t, g.root, nil, "init", "-q", "--bare", "-b", "main", dir)
		git(t, dir, nil, "config", "http.receivepack", "true")
		// the pack as it came: nobody need compress what is random
		git(t, dir, nil, "config", "receive.unpackLimit", "1")
		git(t, dir, nil, "config", "core.bigFileThreshold", "1m")
	}
	return dir, s.url("/" + s.protocol + ".git")
}

// push pushes the large file, which git sends chunked, and clones it.
func (g *gitHost) push(t *testing.T, s *site) {
	dir, url := g.target(t, s)
	git(t, g.work, nil, "push", "-q", url, "main")
	want := git(t, g.work, nil, "rev-parse", "main:large")
	if got := git(t, dir, nil, "rev-parse", "main:large"); got != want {
		t.Errorf("pushed: want %s, got %s", want, got)
	}
	git(t, g.root, nil, "clone", "-q", "--bare", url, filepath.Join(t.TempDir(), "copy"))
}

func (g *gitHost) twoPushes(t *testing.T, s *site) {
	dir, url := g.target(t, s)
	var both sync.WaitGroup
	for _, branch := range []string{"left", "right"} {
		both.Go(func() {
			out, err := gitCommand(t.Context(), g.work, nil, "push", "-q", url, branch).CombinedOutput()
			if err != nil {
				t.Errorf("push of %s: %v\n%s", branch, err, out)
			}
		})
	}
	both.Wait()
	for _, branch := range []string{"left", "right"} {
		want := git(t, g.work, nil, "rev-parse", branch)
		if got := git(t, dir, nil, "rev-parse", branch); got != want {
			t.Errorf("%s: want %s, got %s", branch, want, got)
		}
	}
	git(t, dir, nil, "fsck", "--connectivity-only")
}

// killedClone kills git when it has got a part of the large file, and waits until nothing on our
// side works for it any more.
func (g *gitHost) killedClone(t *testing.T, s *site) {
	_, url := g.target(t, s)
	link := newLink(t, s.addr, 5<<20)
	c := gitCommand(t.Context(), t.TempDir(), nil, "clone", "-q", strings.Replace(url, s.addr, link.addr, 1), "copy")
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	within(t, "the first half of a clone", link.full)
	if left := processesWith(t, "GIT_PROJECT_ROOT="+g.root); len(left) == 0 && s.protocol == "http" {
		t.Error("want git http-backend to run still, but it does not")
	}
	if err := syscall.Kill(-c.Process.Pid, syscall.SIGKILL); err != nil {
		t.Error(err)
	}
	if err := c.Wait(); err == nil {
		t.Error("the clone that was killed succeeded")
	}
	link.close()
	eventually(t, "the end of git http-backend", func() bool { return len(processesWith(t, "GIT_PROJECT_ROOT="+g.root)) == 0 })
}

// A link passes connections on, but stops for good once so many bytes have come back: its client is
// half way.
type link struct {
	addr  string
	full  chan struct{} // closed when so many bytes have come back
	close func()
}

func newLink(t *testing.T, to string, limit int64) *link {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	k := &link{addr: l.Addr().String(), full: make(chan struct{})}
	ctx, cancel := context.WithCancel(t.Context())
	var all sync.WaitGroup
	var fill sync.Once
	all.Go(func() {
		for {
			in, err := l.Accept()
			if err != nil {
				return
			}
			out, err := (&net.Dialer{}).DialContext(ctx, "tcp", to)
			if err != nil {
				in.Close()
				return
			}
			context.AfterFunc(ctx, func() { in.Close(); out.Close() })
			all.Go(func() { io.Copy(out, in); out.Close() })
			all.Go(func() {
				defer in.Close()
				if n, _ := io.Copy(in, io.LimitReader(out, limit)); n == limit {
					fill.Do(func() { close(k.full) })
					<-ctx.Done()
				}
			})
		}
	})
	k.close = sync.OnceFunc(func() { cancel(); l.Close(); all.Wait() })
	t.Cleanup(k.close)
	return k
}
