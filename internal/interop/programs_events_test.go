package interop

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
)

// newTurn makes a pipe that a script can read lines from, to do things in turn with its test.
func newTurn(t *testing.T) (path string, next *os.File) {
	t.Helper()
	path = filepath.Join(t.TempDir(), "turn")
	err := syscall.Mkfifo(path, 0o600)
	// open for both, so that neither the script nor we wait for the other to open it
	if err == nil {
		next, err = os.OpenFile(path, os.O_RDWR, 0)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { next.Close() })
	return path, next
}

// TestHeadLetsTheScriptEnd asks for a head alone. nginx closes the connection when it has that,
// while the script is still at work.
func TestHeadLetsTheScriptEnd(t *testing.T) {
	needFronts(t)
	t.Parallel()
	turn, next := newTurn(t)
	done := filepath.Join(t.TempDir(), "done")
	dir := scriptDir(t, "after.sh")
	p := serveProgram(t, "stock", withParams("cgi:"+dir+"/", "env", "TURN="+turn, "env", "DONE="+done, "linger", patience.String()))
	p.each(t, func(t *testing.T, s *site) {
		s.do(t, call{method: "HEAD", path: "/after.sh"}).want(t, 200).wantBody(t, "")
		s.client.CloseIdleConnections()
		if _, err := next.WriteString("go on\n"); err != nil {
			t.Fatal(err)
		}
		eventually(t, "the end of the script's work", func() bool { return os.Remove(done) == nil })
	})
}

// TestServerSentEvents reads, with curl, the events of a shell script that prints the next one only
// when the one before it has arrived.
func TestServerSentEvents(t *testing.T) {
	needFronts(t)
	t.Parallel()
	turn, next := newTurn(t)
	dir := scriptDir(t, "events.sh")
	serveProgram(t, "unbuffered", withParams("cgi:"+dir+"/", "env", "TURN="+turn)).each(t, func(t *testing.T, s *site) {
		c := exec.CommandContext(t.Context(), "curl", "--silent", "--show-error", "--fail", "--no-buffer", "--noproxy", "*",
			"--max-time", fmt.Sprint(patience.Seconds()), s.url("/events.sh"))
		c.Stderr = os.Stderr
		out, err := c.StdoutPipe()
		if err == nil {
			err = c.Start()
		}
		if err != nil {
			t.Fatal(err)
		}
		lines := bufio.NewReader(out)
		for i := 1; i <= 3; i++ {
			line, err := lines.ReadString('\n')
			blank, berr := lines.ReadString('\n')
			if want := fmt.Sprintf("data: event %d\n", i); line != want || blank != "\n" {
				t.Errorf("want %q and an empty line, got %q and %q: %v, %v", want, line, blank, err, berr)
				break
			}
			if _, err := next.WriteString("next\n"); err != nil {
				t.Error(err)
				break
			}
		}
		if err := c.Wait(); err != nil {
			t.Errorf("curl: %v", err)
		}
	})
}
