package endpoint

import (
	"os"
	"path/filepath"
	"strings"

	"github.com/postern-gateway/postern/gateway/site"
	"github.com/postern-gateway/postern/protocol"
)

// The options by which a backend may name files for its answers, for a [Handler] alone. Each may be
// there more than once.
const (
	optionSendfile = "x-sendfile"       // DIRECTORY
	optionRedirect = "x-accel-redirect" // PATH=DIRECTORY
)

// withFiles returns h with what the URL says of files that the backend may name.
func (e *Endpoint) withFiles(h protocol.Handler) (protocol.Handler, error) {
	s := &site.SendFiles{Handler: h, Internal: make(map[string]string)}
	for _, dir := range e.all(optionSendfile) {
		dir, err := directory(dir)
		if err != nil {
			return nil, e.errorf("bad %s: %w", optionSendfile, err)
		}
		s.Dirs = append(s.Dirs, dir)
	}
	for _, value := range e.all(optionRedirect) {
		path, dir, ok := strings.Cut(value, "=")
		if !ok || !strings.HasPrefix(path, "/") {
			return nil, e.errorf("bad %s %q: write it as %[1]s=/protected=/srv/files", optionRedirect, value)
		}
		dir, err := directory(dir)
		if err != nil {
			return nil, e.errorf("bad %s: %w", optionRedirect, err)
		}
		s.Internal[path] = dir
	}
	if len(s.Dirs)+len(s.Internal) == 0 {
		return h, nil
	}
	return s, nil
}

// directory returns the absolute name of a directory, which must be there.
func directory(name string) (string, error) {
	if name == "" {
		return "", errorOf("no directory: name one")
	}
	dir, err := filepath.Abs(name)
	if err != nil {
		return "", err
	}
	switch info, err := os.Stat(dir); {
	case err != nil:
		return "", err
	case !info.IsDir():
		return "", errorOf(name + " is a file: name a directory")
	}
	return dir, nil
}
