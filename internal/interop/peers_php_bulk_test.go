package interop

import (
	"crypto/sha1"
	"fmt"
	"io"
	"net/http"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// TestPHPBulk has the command, as people run it, carry 100 MB to php-fpm and 1 GB from it.
func TestPHPBulk(t *testing.T) {
	needPeers(t)
	t.Parallel()
	f := phpFPM(t, 0)
	p, web := startServe(t, "fastcgi+unix:"+f.socket+"?param=SCRIPT_FILENAME="+filepath.Join(f.dir, "app.php"))
	client := newClient()
	t.Cleanup(client.CloseIdleConnections)

	const up, down = 100 << 20, 1 << 30
	sum := sha1.New()
	body := io.TeeReader(io.LimitReader(new(counting), up), sum)
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://"+web+"/app.php?do=sum", body)
	if err != nil {
		t.Fatal(err)
	}
	r.ContentLength = up
	got, err := readAll(client.Do(r))
	if want := fmt.Sprintf("%d of %[1]d %x\n", up, sum.Sum(nil)); err != nil || string(got) != want {
		t.Fatalf("100 MB up: %.200q, %v; want %q", got, err, want)
	}

	r, err = http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+web+"/app.php?do=bytes&n="+strconv.Itoa(down), nil)
	if err != nil {
		t.Fatal(err)
	}
	res, err := client.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if n, err := io.CopyBuffer(struct{ io.Writer }{io.Discard}, res.Body, make([]byte, 256<<10)); err != nil || n != down {
		t.Errorf("1 GB down: %d bytes, %v", n, err)
	}
	peak := peakMemory(t, p)
	t.Logf("the command held at most %d MB", peak>>20)
	if peak > 64<<20 {
		t.Errorf("1 GB and 100 MB went by, and the command held %d MB", peak>>20)
	}
}

// startServe starts the command with a backend, and returns where it serves HTTP.
func startServe(t *testing.T, to string) (p *process, web string) {
	t.Helper()
	log := filepath.Join(t.TempDir(), "log")
	p, err := startProcess(log, nil, posternProgram(t), "serve", "--to", to, "--listen", "http://127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p.stopAtEnd(t)
	eventually(t, "a line that says where HTTP is", func() bool {
		_, after, found := strings.Cut(fileText(log), "listening on http://")
		web, _, _ = strings.Cut(after, "\n")
		return found && strings.Contains(after, "\n")
	})
	return p, web
}

// counting is an endless stream in which no two places of a megabyte look the same.
type counting struct{ n uint32 }

func (c *counting) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = byte(c.n ^ c.n>>8 ^ c.n>>16)
		c.n++
	}
	return len(p), nil
}

// readAll reads a response to its end.
func readAll(res *http.Response, err error) ([]byte, error) {
	if err != nil {
		return nil, err
	}
	defer res.Body.Close()
	return io.ReadAll(res.Body)
}

// peakMemory is the most memory that a process has held, in bytes.
func peakMemory(t *testing.T, p *process) int64 {
	t.Helper()
	_, line, _ := strings.Cut(fileText(fmt.Sprintf("/proc/%d/status", p.cmd.Process.Pid)), "VmHWM:")
	line, _, _ = strings.Cut(line, " kB")
	n, err := strconv.ParseInt(strings.TrimSpace(line), 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	return n << 10
}
