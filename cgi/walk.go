package cgi

import (
	"errors"
	"net/http"
	"net/url"
	"os"
	"path"
	"path/filepath"
	"strings"
	"syscall"

	"github.com/postern-gateway/postern/protocol"
)

// A walk follows a path down the tree.
type walk struct {
	dir     *Dir
	asked   string // for errors
	logical string // the present file or directory, by the names in the request
	real    string // the same, with symbolic links resolved
	rest    string // what follows the script in the path, once it is found
	found   bool
}

// follow goes down rest until it meets a file.
func (w *walk) follow(rest string) error {
	for rest != "" {
		rest = strings.TrimLeft(rest, "/")
		seg, next := rest, ""
		if i := strings.IndexByte(rest, '/'); i >= 0 {
			seg, next = rest[:i], rest[i:]
		}
		if seg == "" {
			break
		}
		isDir, err := w.step(seg)
		if err != nil {
			return err
		}
		rest = next
		if !isDir {
			w.found, w.rest = true, rest
			return nil
		}
	}
	return nil
}

// step goes one element down. Without an error it has found a directory, or a file that may run.
func (w *walk) step(seg string) (isDir bool, err error) {
	w.logical, w.real = join(w.logical, seg), join(w.real, seg)
	fi, err := os.Lstat(w.real)
	if err == nil && fi.Mode()&os.ModeSymlink != 0 {
		fi, err = w.resolve()
	}
	if err != nil {
		if _, ok := err.(*protocol.Error); ok {
			return false, err
		}
		return false, w.unreachable(err)
	}
	switch {
	case fi.IsDir():
		return true, nil
	case !fi.Mode().IsRegular():
		return false, forbidden(w.asked, "neither a file nor a directory")
	}
	return false, w.allowed()
}

// unreachable is the error for a file that cannot be reached. One that is not there is the client's
// business, unless the root is not, or the front has named the file.
func (w *walk) unreachable(err error) error {
	e := unreachable(w.asked, err)
	if e.Status == http.StatusNotFound && !w.dir.ScriptFilename && !errors.Is(err, syscall.ELOOP) {
		_, rootErr := os.Stat(w.dir.Root)
		e.Routine = rootErr == nil
	}
	return e
}

func join(dir, seg string) string { return strings.TrimSuffix(dir, "/") + "/" + seg }

// resolve follows the link at real.
func (w *walk) resolve() (os.FileInfo, error) {
	target, err := filepath.EvalSymlinks(w.real)
	// EvalSymlinks reports a loop of links by an error of its own
	if _, ok := errors.AsType[*os.PathError](err); err != nil && !ok {
		err = syscall.ELOOP
	}
	if err != nil {
		return nil, err
	}
	if !w.dir.FollowLinks {
		root, err := filepath.EvalSymlinks(w.dir.Root)
		if err != nil {
			return nil, err
		}
		if _, ok := protocol.Below(target, root); !ok {
			return nil, forbidden(w.asked, "a symbolic link that leads out of "+w.dir.Root)
		}
	}
	w.real = target
	return os.Lstat(target)
}

// index looks for the index script of the present directory. If the path lacks its final slash, it
// returns the path with one: without it, relative links in the response would be wrong.
func (w *walk) index(rest string) (redirect string, err error) {
	dir := *w
	for _, name := range w.dir.Index {
		*w = dir
		isDir, err := w.step(name)
		switch {
		case protocol.Status(err) == http.StatusNotFound && err != nil:
			continue
		case err != nil:
			return "", err
		case isDir:
			continue
		case !strings.HasSuffix(rest, "/"):
			return (&url.URL{Path: "/" + strings.TrimLeft(w.asked, "/") + "/"}).EscapedPath(), nil
		}
		return "", nil
	}
	return "", forbidden(w.asked, "a directory")
}

// allowed returns an error if Allow does not list the file.
func (w *walk) allowed() error {
	if len(w.dir.Allow) == 0 {
		return nil
	}
	rel := strings.TrimPrefix(strings.TrimPrefix(w.logical, filepath.Clean(w.dir.Root)), "/")
	for _, pattern := range w.dir.Allow {
		subject := rel
		switch {
		case strings.HasPrefix(pattern, ".") && !strings.ContainsAny(pattern, "*?[/"):
			if path.Ext(rel) == pattern {
				return nil
			}
			continue
		case !strings.Contains(pattern, "/"):
			subject = path.Base(rel)
		}
		if ok, err := path.Match(pattern, subject); ok && err == nil {
			return nil
		}
	}
	return forbidden(w.asked, "not on the list of what may run")
}
