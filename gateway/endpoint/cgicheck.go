package endpoint

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"

	"github.com/postern-gateway/postern/cgi"
)

// checkScripts tells at the start what each request would fail of: a path where nothing is, or a
// file where a tree is meant, and the other way round.
func (e *Endpoint) checkScripts(path string) error {
	tree := strings.HasSuffix(e.Address, "/")
	switch info, err := os.Stat(path); {
	case err != nil:
		return e.errorf("%w: name a script, or a directory of scripts with a slash at its end", err)
	case tree && !info.IsDir():
		return e.errorf("it is a file: leave out the slash at its end to run it for every request")
	case !tree && info.IsDir():
		return e.errorf("it is a directory: write cgi:%s/ to run the scripts in it", e.Address)
	}
	return nil
}

// checkPrograms does so for what is started: the one script, which must be executable unless an
// interpreter runs it, each interpreter, and the directory that scripts start in. On Windows no
// mode says what is executable.
func checkPrograms(c *cgi.Client) error {
	if c.Path != "" && c.Interpreters[filepath.Ext(c.Path)] == "" && runtime.GOOS != "windows" {
		info, err := os.Stat(c.Path)
		if err != nil {
			return err
		}
		if info.Mode()&0o111 == 0 {
			return fmt.Errorf("it is not executable: chmod +x %s, or name what runs it, as in ?interpreter=.py=/usr/bin/python3", c.Path)
		}
	}
	for ext, line := range c.Interpreters {
		if err := checkInterpreter(line); err != nil {
			return fmt.Errorf("bad interpreter %q: %w", ext+"="+line, err)
		}
	}
	if info, err := os.Stat(c.WorkDir); c.WorkDir != "" && (err != nil || !info.IsDir()) {
		return fmt.Errorf("bad workdir %q: it is no directory", c.WorkDir)
	}
	return nil
}

// checkInterpreter refuses what cannot be started. A path that is relative is so to the scripts'
// directories, and not looked at.
func checkInterpreter(line string) error {
	words := strings.Fields(line)
	if len(words) == 0 || strings.Contains(words[0], "/") && !filepath.IsAbs(words[0]) {
		return nil
	}
	path, err := exec.LookPath(words[0])
	switch {
	case err != nil:
		return err
	case path != words[0]:
		return fmt.Errorf("write its whole path, %s", path)
	}
	return nil
}
