package compare

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"
)

func TestReadCalls(t *testing.T) {
	table := filepath.Join(t.TempDir(), "calls")
	text := `% time     seconds  usecs/call     calls    errors syscall
------ ----------- ----------- --------- --------- ----------------
 60.00    0.000300           1       300           read
 20.00    0.000100           1       200        10 futex
 20.00    0.000100           1       100         5 epoll_pwait
------ ----------- ----------- --------- --------- ----------------
100.00    0.000500                   600        15 total
`
	if err := os.WriteFile(table, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	if n, err := readCalls(table); n != 400 || err != nil {
		t.Errorf("%d calls, %v", n, err)
	}
}

// TestCountCalls: a GET of SCGI is an accept, a look, a read, a write and a close at least. How
// many there are besides depends on how busy the machine is.
func TestCountCalls(t *testing.T) {
	c := newComparison(t)
	l := c.setup.look("strace", findStrace)
	if l.err != nil {
		missing(t, l.err.Error())
	}
	row := Row{Front: direct, Server: "postern", Wire: "scgi", Network: "unix", Connections: 1, Work: "get"}
	if !countsCalls(row) {
		t.Error("it is not counted")
	}
	n, err := c.callsOf(t.Context(), l.path, row)
	if err != nil {
		t.Fatal(err)
	}
	if n < 5 || n > 60 {
		t.Errorf("%v system calls a request", n)
	}
}

// TestCountCallsOfPrograms: those of a CGI program count as its host's, and are told by themselves.
func TestCountCallsOfPrograms(t *testing.T) {
	c := newComparison(t)
	c.progress.w = new(bytes.Buffer)
	l := c.setup.look("strace", findStrace)
	if l.err != nil {
		missing(t, l.err.Error())
	}
	row := Row{Front: direct, Server: "postern-cgi", Wire: "fastcgi-kept", Network: "unix", Connections: 1, Work: "get"}
	if kept := c.leaveOut([]Row{row}); len(kept) == 0 {
		missing(t, c.results.LeftOut[0].Reason)
	}
	s := newSheet([]Row{row})
	if err := c.countCalls(t.Context(), []Row{row}, s); err != nil {
		t.Fatal(err)
	}
	m := s.results()[0].Metrics
	if all, program := m["calls"].Median, m["program_calls"].Median; program < 10 || all < program+10 {
		t.Errorf("%v system calls, of them %v of the program; %q", all, program, c.results.Warnings)
	}
}
