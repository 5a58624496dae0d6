package compare

import (
	"embed"
	"fmt"
	"os"
	"path/filepath"
)

//go:embed peers
var peers embed.FS

// A setup is what a run has found on the machine.
type setup struct {
	dir    string // temporary
	self   []string
	script string // the CGI program; "": it has not been made

	descriptors int // that each process may have open
	processes   int // of a server that has many

	looked map[string]lookup // by the name of a program
}

// A lookup is what was found of a program.
type lookup struct {
	found
	err error
}

// newSetup writes the peers' sources into dir.
func newSetup(dir string, self []string) (*setup, error) {
	s := &setup{dir: dir, self: self, looked: make(map[string]lookup), descriptors: descriptors(), processes: manyProcesses}
	if err := os.CopyFS(dir, peers); err != nil {
		return nil, err
	}
	return s, nil
}

// file is the path of one of the peers' sources.
func (s *setup) file(name string) string { return filepath.Join(s.dir, "peers", name) }

// look finds a program, once.
func (s *setup) look(name string, find func(*setup) (found, error)) lookup {
	l, ok := s.looked[name]
	if !ok {
		l.found, l.err = find(s)
		s.looked[name] = l
	}
	return l
}

// lacks says why a row cannot be measured here; "" if it can.
func (s *setup) lacks(row Row) string {
	srv := serverNamed(row.Server)
	if srv.find != nil {
		if l := s.look(srv.name, srv.find); l.err != nil {
			return l.err.Error()
		}
	}
	if row.Front == nginx {
		if l := s.look(nginx, findNginx); l.err != nil {
			return l.err.Error()
		}
	}
	// The generator has a descriptor for each connection, and so has the server; nginx has two.
	if need := 2*row.Connections + 100; need > s.descriptors {
		return fmt.Sprintf("%d connections need %d descriptors, and RLIMIT_NOFILE is %d", row.Connections, need, s.descriptors)
	}
	return ""
}

// programs are all that were looked for.
func (s *setup) programs() (all []Program) {
	for _, srv := range servers {
		all = s.note(all, srv.name, srv.title)
	}
	return s.note(all, nginx, nginx)
}

func (s *setup) note(all []Program, name, title string) []Program {
	l, ok := s.looked[name]
	if !ok {
		return all
	}
	p := Program{Name: name, Title: title, Version: l.version}
	if l.err != nil {
		p.Missing = l.err.Error()
	}
	return append(all, p)
}
