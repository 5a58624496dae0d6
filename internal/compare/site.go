package compare

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"time"

	"github.com/postern-gateway/postern/internal/load"
)

// A site is where the servers of one measurement are started.
type site struct {
	dir   string // of its own, for sockets and files
	row   Row
	setup *setup
}

// A running server can be connected to.
type running struct {
	address  string
	programs []*program
	listener *os.File                    // that the programs accept on; nil: they open it
	ask      func() (childReport, error) // nil: it cannot tell
}

func (r *running) stop() {
	for _, p := range r.programs {
		p.kill()
	}
	if r.listener != nil {
		r.listener.Close()
	}
}

func (r *running) pids() (pids []int) {
	for _, p := range r.programs {
		pids = append(pids, p.cmd.Process.Pid)
	}
	return pids
}

// ended reports as an error that one of the server's processes has ended.
func (r *running) ended() error {
	for _, p := range r.programs {
		if err := p.ended(); err != nil {
			return err
		}
	}
	return nil
}

// socket is the path of the site's Unix socket.
func (s *site) socket() string { return filepath.Join(s.dir, "s") }

// protocol is by what the server is called.
func (s *site) protocol() string { return load.WireNamed(s.row.Wire).Protocol }

// child returns what starts this program again, as a server with that handler.
func child(handler string) func(*site) (*running, error) {
	return func(s *site) (*running, error) {
		spec := childSpec{Handler: handler, Protocol: s.protocol(), Network: s.row.Network, Address: s.socket(), Script: s.setup.script}
		if s.row.Network == "tcp" {
			spec.Address = "127.0.0.1:0"
		}
		text, err := json.Marshal(spec)
		if err != nil {
			return nil, err
		}
		self := s.setup.self
		cmd := exec.Command(self[0], append(append([]string(nil), self[1:]...), string(text))...)
		in, err := cmd.StdinPipe()
		if err != nil {
			return nil, err
		}
		out, err := cmd.StdoutPipe()
		if err != nil {
			return nil, err
		}
		p, err := launch(cmd)
		if err != nil {
			return nil, err
		}
		r := &running{programs: []*program{p}}
		answers := bufio.NewScanner(out)
		first, err := readReport(p, answers)
		if err != nil {
			r.stop()
			return nil, err
		}
		r.address = first.Address
		r.ask = func() (childReport, error) {
			if _, err := io.WriteString(in, "\n"); err != nil {
				return childReport{}, err
			}
			return readReport(p, answers)
		}
		return r, nil
	}
}

// readReport reads a report. A child that says nothing is ended.
func readReport(p *program, answers *bufio.Scanner) (r childReport, err error) {
	mute := time.AfterFunc(startTimeout, func() { killGroup(p.cmd) })
	defer mute.Stop()
	if !answers.Scan() {
		p.kill()
		return r, fmt.Errorf("a server of Go has ended: %s", p.said)
	}
	return r, json.Unmarshal(answers.Bytes(), &r)
}
