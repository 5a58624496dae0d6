package site

import (
	"io/fs"
	"net/http"
	"os"
	"path"
	"path/filepath"
	"strings"

	"github.com/postern-gateway/postern/protocol"
)

// A target is what a path leads to.
type target struct {
	path  string // of the file, below Mount, as it stands in the URL
	info  string // PATH_INFO: what follows the script
	query string // what a path of Try adds to the query

	script bool // a script; else a file, or a directory without an index
	slash  bool // a directory with an index, and the path lacks the slash at its end
}

// A search looks for the target of one request.
type search struct {
	in    tree
	index []string
	try   Try
	deny  Deny
}

// A pathKind is what one path leads to.
type pathKind uint8

const (
	foundNothing pathKind = iota
	foundFile
	foundScript
	foundDirectory
)

// look finds what a path leads to. A script is the shortest part of the path that ends in ".php" at
// the end of an element and is a regular file; info is the rest. why says why nothing was found.
func (s *search) look(urlPath string) (what pathKind, file, info string, why error) {
	for end := 0; end < len(urlPath); {
		next := strings.IndexByte(urlPath[end+1:], '/')
		if end += 1 + next; next < 0 {
			end = len(urlPath)
		}
		if !strings.HasSuffix(urlPath[:end], ".php") || strings.Contains(urlPath[:end], "/.") {
			continue
		}
		fi, err := s.stat(urlPath[:end])
		switch {
		case err != nil: // nothing can be below it
			return foundNothing, "", "", err
		case fi.Mode().IsRegular():
			return foundScript, urlPath[:end], urlPath[end:], nil
		}
	}
	fi, err := s.stat(urlPath)
	switch {
	case err != nil:
		return foundNothing, "", "", err
	case fi.IsDir():
		return foundDirectory, urlPath, "", nil
	case !fi.Mode().IsRegular() || strings.HasSuffix(urlPath, "/") || isSource(path.Base(urlPath), ScriptSuffixes):
		return foundNothing, "", "", fs.ErrNotExist
	}
	return foundFile, urlPath, "", nil
}

// stat looks at a path below the root. What begins with a dot is not there.
func (s *search) stat(urlPath string) (fs.FileInfo, error) {
	name, ok := local(urlPath)
	if !ok {
		return nil, fs.ErrNotExist
	}
	return s.in.stat(name)
}

// stat looks at what a name stands for.
func (t tree) stat(local string) (fs.FileInfo, error) {
	if file, linkless, err := t.openLinkless(local, false); linkless {
		if err != nil {
			return nil, err
		}
		defer file.Close()
		return file.Stat()
	}
	if t.root == nil {
		return os.Stat(filepath.Join(t.dir, local))
	}
	return t.root.Stat(local)
}

// local returns the name of a path's file below the root, in the system's form. An element that
// begins with a dot has none, but for the directory of RFC 8615.
func local(urlPath string) (name string, ok bool) {
	rest := urlPath
	if below, ok := protocol.Below(urlPath, "/.well-known"); ok {
		rest = below
	}
	if strings.Contains(rest, "/.") {
		return "", false
	}
	name = strings.Trim(path.Clean(urlPath), "/")
	if name == "" {
		return ".", true
	}
	return localize(name)
}

// find tries what is to be tried, in order. A path of which nothing else is found may be that of a
// directory, for Files to list.
func (s *search) find(urlPath string) (target, error) {
	if s.deny.denies(urlPath) {
		return target{}, denied(urlPath)
	}
	var why error
	for _, item := range s.try {
		if item.status != 0 {
			return target{}, refused(item.status, urlPath, "nothing of what is tried is there")
		}
		t, err := s.attempt(item, urlPath)
		if err == nil || protocol.Status(err) == http.StatusForbidden {
			return t, err
		}
		if why == nil {
			why = err
		}
	}
	if what, _, _, _ := s.look(urlPath); what == foundDirectory {
		return target{path: urlPath}, s.allowed(urlPath)
	}
	e := missing(urlPath, why)
	e.Routine = e.Routine && isDirectory(s.in.dir) // else the root itself is missing
	return target{}, e
}

// attempt tries one item.
func (s *search) attempt(item tryItem, urlPath string) (t target, err error) {
	tried := item.pathFor(urlPath)
	what, file, info, err := s.look(tried)
	switch {
	case what == foundDirectory && item.directory():
		if t, err = s.indexOf(tried); err == nil {
			t.slash = item.ofRequest() && !strings.HasSuffix(urlPath, "/")
		}
	case what == foundScript && !item.directory(), what == foundFile:
		t, err = target{path: file, info: info, script: what == foundScript}, s.allowed(file)
	case err == nil:
		err = fs.ErrNotExist
	}
	t.query = item.queryFor(urlPath)
	return t, err
}

// indexOf finds the index of a directory.
func (s *search) indexOf(dir string) (target, error) {
	for _, name := range s.index {
		want := strings.TrimRight(dir, "/") + "/" + name
		what, file, _, _ := s.look(want)
		if (what == foundScript || what == foundFile) && file == want {
			return target{path: file, script: what == foundScript}, s.allowed(file)
		}
	}
	return target{}, fs.ErrNotExist
}

// allowed returns an error for what was found at a path if that, or the name to which it leads by
// symbolic links, is denied or hidden.
func (s *search) allowed(urlPath string) error {
	if s.deny.denies(urlPath) {
		return denied(urlPath)
	}
	name, _ := local(urlPath)
	real, inside, _, err := s.in.real(name)
	switch {
	case err != nil:
		return err
	case !inside || real == filepath.ToSlash(name):
		return nil
	case s.deny.denies("/" + real):
		return denied(urlPath)
	case s.in.root != nil && leadsToHidden(real): // else links are followed wherever they lead
		return fs.ErrNotExist
	}
	return nil
}

func denied(urlPath string) error { return forbidden(urlPath, "it is denied") }
