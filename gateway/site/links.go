package site

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// real returns the name of the file to which a name leads once the symbolic links on its way have
// been followed, relative to the root and with slashes, and what is there. Of a file outside of the
// root, and inside is false then, it is the last element alone.
func (t tree) real(local string) (name string, inside bool, info fs.FileInfo, err error) {
	if info, err = t.withoutLink(local); err != nil || info != nil {
		return filepath.ToSlash(local), true, info, err
	}
	root, err := filepath.EvalSymlinks(t.dir)
	if err != nil {
		return "", false, nil, err
	}
	file, err := filepath.EvalSymlinks(filepath.Join(t.dir, local))
	if err != nil {
		return "", false, nil, err
	}
	if info, err = os.Lstat(file); err != nil {
		return "", false, nil, err
	}
	below, err := filepath.Rel(root, file)
	if err != nil || !filepath.IsLocal(below) {
		return filepath.Base(file), false, info, nil
	}
	return filepath.ToSlash(below), true, info, nil
}

// withoutLink returns what is at a name, or nil where there is a link on the way.
func (t tree) withoutLink(local string) (info fs.FileInfo, err error) {
	if file, linkless, err := t.openLinkless(local, false); linkless && err == nil {
		defer file.Close()
		return file.Stat()
	}
	for end := 0; end < len(local); {
		next := strings.IndexByte(local[end+1:], filepath.Separator)
		if end += 1 + next; next < 0 {
			end = len(local)
		}
		info, err = os.Lstat(filepath.Join(t.dir, local[:end]))
		if err != nil || info.Mode()&fs.ModeSymlink != 0 {
			return nil, err
		}
	}
	return info, nil
}

// errMoved is the error of a name that has come to stand for another file while it was looked at,
// as when a new version takes its place.
var errMoved = errors.New("another file took its place")

// movedTries is how often a request looks again then.
const movedTries = 50

// open opens a file or a directory that may be served. A symbolic link does not give a name to what
// is not served by its own: the source of a script, or, unless FollowLinks is set, what begins with
// a dot.
func (f *Files) open(t tree, local string) (*os.File, fs.FileInfo, error) {
	file, linkless, err := t.openLinkless(local, true)
	if !linkless {
		file, err = t.open(local)
	}
	if err != nil {
		return nil, nil, err
	}
	info, err := file.Stat()
	if err == nil && !linkless {
		err = f.checkReal(t, local, info)
	}
	if err != nil {
		file.Close()
		return nil, nil, err
	}
	return file, info, nil
}

// checkReal returns an error for an opened file that is not served by the name that it really has.
func (f *Files) checkReal(t tree, local string, opened fs.FileInfo) error {
	name, inside, info, err := t.real(local)
	switch {
	case errors.Is(err, fs.ErrNotExist), err == nil && !os.SameFile(info, opened):
		return errMoved
	case err != nil:
		return err
	case inside && name == filepath.ToSlash(local):
		return nil
	}
	if !f.Hidden && !f.FollowLinks && leadsToHidden(name) {
		return notFound(filepath.ToSlash(local), "a symbolic link to a name that begins with a dot")
	}
	if slices.ContainsFunc(strings.Split(name, "/"), f.isScript) {
		return notFound(filepath.ToSlash(local), "a symbolic link to the source of a script")
	}
	return nil
}

// leadsToHidden reports whether a name to which symbolic links lead is not served because it begins
// with a dot. Two dots are none here: Kubernetes mounts files by links to ..data.
func leadsToHidden(name string) bool {
	for i, element := range strings.Split(name, "/") {
		if element != "." && !strings.HasPrefix(element, "..") && isHidden(i, element) {
			return true
		}
	}
	return false
}

// isHidden reports whether an element of a path begins with a dot, and is not the directory of
// RFC 8615.
func isHidden(place int, element string) bool {
	return element[0] == '.' && !(element == ".well-known" && place == 0)
}
