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

// A Dir maps requests to the scripts of a tree. The path of the request's URL is followed from Root
// down to its first element that is a file: that is the script, what follows is its PATH_INFO.
//
// A path that leads out of the tree is refused, and so is a symbolic link that does, unless
// FollowLinks is set. The check comes before the start: whoever may change the tree at that moment
// can get another file run, so the tree should belong to nobody who may not choose what runs. It
// must not be changed once in use.
type Dir struct {
	// Root is the directory of the scripts. "/" is allowed, and means that any program may be run
	// that passes the other tests.
	Root string

	// Prefix is the URL path at which Root stands: with "/cgi-bin", /cgi-bin/x.cgi is Root's x.cgi.
	// Any other path is not found. Empty means that the whole path is followed.
	Prefix string

	// Index are the names that are tried, in order, where the path ends at a directory.
	Index []string

	// ScriptFilename takes the file that the front names in SCRIPT_FILENAME, or else its
	// DOCUMENT_ROOT with SCRIPT_NAME, as long as it lies below Root. This is what fcgiwrap does.
	// Prefix is not used then.
	ScriptFilename bool

	// FollowLinks allows symbolic links that lead out of Root.
	FollowLinks bool

	// Allow lists what may run, by extension (".cgi"), by name ("*.sh") or by path below Root
	// ("git/*"), in the syntax of path.Match. Empty allows everything that is executable.
	Allow []string
}

// find maps a request to its script. A non-nil redirect is the path that the client should ask for
// instead.
func (d *Dir) find(p protocol.Params) (s *script, redirect string, err error) {
	if d.ScriptFilename {
		s, err = d.findFile(p)
		return s, "", err
	}
	asked, err := p.Path()
	if err == nil {
		err = checkPath(asked)
	}
	if err != nil {
		return nil, "", err
	}
	rest, ok := protocol.Below(asked, d.Prefix)
	if !ok {
		return nil, "", notFound(asked, "not below "+d.Prefix)
	}
	w := &walk{dir: d, asked: asked, logical: filepath.Clean(d.Root)}
	w.real = w.logical
	if err := w.follow(rest); err != nil {
		return nil, "", err
	}
	if !w.found {
		if redirect, err = w.index(rest); err != nil || redirect != "" {
			return nil, redirect, err
		}
		return &script{file: w.logical, name: strings.TrimSuffix(asked, "/") + "/" + filepath.Base(w.logical)}, "", nil
	}
	return &script{file: w.logical, name: asked[:len(asked)-len(w.rest)], info: w.rest}, "", nil
}

// findFile maps by the front's own word. Apache's mod_proxy_fcgi writes where it connects to before
// the path.
func (d *Dir) findFile(p protocol.Params) (*script, error) {
	file, ok := p.Lookup("SCRIPT_FILENAME")
	if !ok || file == "" {
		file = p.Get("DOCUMENT_ROOT") + p.Get("SCRIPT_NAME")
	}
	if rest, ok := strings.CutPrefix(file, "proxy:fcgi://"); ok {
		if i := strings.IndexByte(rest, '/'); i >= 0 {
			file = rest[i:]
		}
	}
	if err := checkPath(file); err != nil {
		return nil, err
	}
	root := filepath.Clean(d.Root)
	rest, ok := protocol.Below(file, root)
	if !ok || rest == "" {
		return nil, refused(http.StatusForbidden, clip(file)+" is not below "+root)
	}
	w := &walk{dir: d, asked: file, logical: root, real: root}
	if err := w.follow(rest); err != nil {
		return nil, err
	}
	if !w.found {
		if redirect, err := w.index(rest); err != nil || redirect != "" {
			return nil, forbidden(file, "a directory")
		}
	}
	s := &script{file: w.logical, name: p.Get("SCRIPT_NAME"), info: p.Get("PATH_INFO")}
	if w.rest != "" {
		s.name, s.info = strings.TrimSuffix(s.name, w.rest), w.rest
	}
	return s, nil
}

// A walk follows a path down the tree.
type walk struct {
	dir     *Dir
	asked   string // for errors
	logical string // where it has come, in the names that were asked for
	real    string // the same with links inside the tree resolved
	rest    string // of the path, once the script is found
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

// step goes one element down. What it finds is a directory, or a file that may run.
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
		return false, unreachable(w.asked, err)
	}
	switch {
	case fi.IsDir():
		return true, nil
	case !fi.Mode().IsRegular():
		return false, forbidden(w.asked, "neither a file nor a directory")
	}
	return false, w.allowed(fi)
}

func join(dir, seg string) string { return strings.TrimSuffix(dir, "/") + "/" + seg }

// resolve follows the link at real.
func (w *walk) resolve() (os.FileInfo, error) {
	target, err := filepath.EvalSymlinks(w.real)
	// its own words for links in a circle
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

// index looks for the file that stands for the directory where the walk has come. A path without
// the final slash has to be asked for with it first, or the relative links of the answer would be
// wrong.
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

// allowed reports whether the file may run: by the list, and by its mode unless an interpreter
// takes it.
func (w *walk) allowed(fi os.FileInfo) error {
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

func notFound(path, why string) error {
	return refused(http.StatusNotFound, clip(path)+": "+why)
}

func forbidden(path, why string) error {
	return refused(http.StatusForbidden, clip(path)+": "+why)
}

func unreachable(path string, err error) error {
	e := refused(statusOf(err), clip(path)).(*protocol.Error)
	e.Err = err
	return e
}
