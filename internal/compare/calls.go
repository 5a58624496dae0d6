package compare

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/postern-gateway/postern/internal/load"
)

// How many requests the system calls of a row are counted over. A program that is started under
// strace takes long.
const (
	tracedRequests = 200
	tracedPrograms = 20
)

// countsCalls reports whether the system calls of a row are counted: of a GET over one connection,
// where what a server does does not depend on how busy the machine is.
func countsCalls(row Row) bool {
	least := 1
	if load.WireNamed(row.Wire).Multiplexed {
		least = usual
	}
	return row.Front == direct && row.Network == "unix" && row.Work == "get" && row.Connections == least && row.Rate == 0
}

// ofScheduler are the system calls by which a program's threads wait for each other. How many there
// are depends on the machine.
var ofScheduler = []string{"futex", "sched_yield", "nanosleep", "clock_nanosleep", "restart_syscall", "tgkill", "rt_sigreturn", "madvise"}

// countCalls counts the system calls of the rows for which that is done. It takes a run of its own,
// since what is traced is slow.
func (c *comparison) countCalls(ctx context.Context, rows []Row, s *sheet) error {
	if c.cfg.Quick {
		return nil
	}
	rows = slices.DeleteFunc(slices.Clone(rows), func(r Row) bool { return !countsCalls(r) })
	strace := c.setup.look("strace", findStrace)
	if len(rows) > 0 && strace.err != nil {
		c.warn("system calls are not counted: " + strace.err.Error())
		return nil
	}
	for _, row := range rows {
		c.progress.show("system calls, " + row.ID())
		calls, err := c.callsOf(ctx, strace.path, row)
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		if err != nil {
			c.warn(fmt.Sprintf("the system calls of %s are not counted: %v", row.ID(), err))
			continue
		}
		values := map[string]float64{"calls": calls}
		if serverNamed(row.Server).host {
			if n, err := c.setup.programCalls(strace.path); err == nil {
				values["program_calls"] = float64(n)
			}
		}
		s.add(row, measurement{values: values})
	}
	return nil
}

func findStrace(*setup) (found, error) {
	path, err := lookProgram("strace")
	return found{path: path}, err
}

func (c *comparison) callsOf(ctx context.Context, strace string, row Row) (calls float64, err error) {
	err = c.atSite(row, func(r *rig) error {
		calls, err = r.countCalls(ctx, strace, filepath.Join(c.setup.dir, "calls"))
		return err
	})
	return calls, err
}

// countCalls returns the system calls of a request. strace writes its table to a file.
func (r *rig) countCalls(ctx context.Context, strace, table string) (float64, error) {
	pace := load.Pace{Requests: tracedRequests}
	if serverNamed(r.row.Server).host {
		pace.Requests = tracedPrograms
	}
	if _, err := r.generator.Run(ctx, pace); err != nil {
		return 0, err
	}
	args := []string{"-f", "-c", "-o", table}
	pids := tree(r.backend.pids())
	for _, pid := range pids {
		args = append(args, "-p", strconv.Itoa(pid))
	}
	p, err := launch(exec.Command(strace, args...))
	if err != nil {
		return 0, err
	}
	defer p.kill()
	if err := p.attached(ctx, len(pids)); err != nil {
		return 0, err
	}
	result, err := r.generator.Run(ctx, pace)
	if err != nil {
		return 0, err
	}
	if result.Failed > 0 {
		return 0, fmt.Errorf("%d requests failed: %s", result.Failed, result.Errors[0])
	}
	p.cmd.Process.Signal(syscall.SIGINT) // it detaches, and writes its table
	select {
	case <-p.done:
	case <-time.After(startTimeout):
		return 0, fmt.Errorf("strace does not end: %s", p.said)
	}
	n, err := readCalls(table)
	return float64(n) / float64(pace.Requests), err
}

// programCalls returns the system calls of the CGI program alone, from its start to its end.
func (s *setup) programCalls(strace string) (int, error) {
	table := filepath.Join(s.dir, "program-calls")
	if _, err := output(strace, "-f", "-c", "-o", table, s.script); err != nil {
		return 0, err
	}
	return readCalls(table)
}

// attached waits until strace follows that many processes, but for those that have ended by then.
func (p *program) attached(ctx context.Context, n int) error {
	for until := time.Now().Add(startTimeout); p.said.count(" attached")+p.said.count("attach: ptrace(") < n; {
		select {
		case <-p.done:
			return p.ended()
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-time.After(5 * time.Millisecond):
		}
		if time.Now().After(until) {
			return fmt.Errorf("strace does not attach: %s", p.said)
		}
	}
	return nil
}

// readCalls adds up the table of strace -c, but for what the scheduler does.
func readCalls(name string) (calls int, err error) {
	b, err := os.ReadFile(name)
	if err != nil {
		return 0, err
	}
	for line := range strings.Lines(string(b)) {
		f := strings.Fields(line)
		if len(f) < 5 || slices.Contains(ofScheduler, f[len(f)-1]) || f[len(f)-1] == "total" {
			continue
		}
		if n, err := strconv.Atoi(f[3]); err == nil { // the heading has words
			calls += n
		}
	}
	return calls, nil
}
