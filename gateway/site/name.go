package site

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"unicode/utf8"

	"github.com/postern-gateway/postern/protocol"
)

// A pathName is a path of a URL, as the name of a file.
type pathName struct {
	asked    string // the path, below the mount
	elements []string
	local    string // in the system's form, relative to the root
	slash    bool   // the path ends in a slash
}

// name turns a path below the mount, which is decoded, into the name of a file that may be served.
// Empty elements do not count.
func (f *Files) name(asked string) (pathName, error) {
	n := pathName{asked: asked, slash: asked == "" || strings.HasSuffix(asked, "/"), local: "."}
	for element := range strings.SplitSeq(asked, "/") {
		switch {
		case element == "":
			continue
		case element == ".", element == "..", strings.ContainsAny(element, "\x00\\"):
			return n, badPath(asked)
		case !f.Hidden && isHidden(len(n.elements), element):
			return n, absent(asked, "a name that begins with a dot")
		case f.isScript(element):
			return n, absent(asked, "the source of a script")
		}
		n.elements = append(n.elements, element)
	}
	if len(n.elements) == 0 {
		return n, nil
	}
	local, ok := localize(n.url())
	if !ok {
		return n, badPath(asked)
	}
	n.local = local
	return n, nil
}

// localize returns the name in the system's form of a path below the root, which has no element
// that is empty or of dots alone. To a Unix system any bytes are a name, also those of an old
// encoding.
func localize(below string) (local string, ok bool) {
	if filepath.Separator == '/' && !utf8.ValidString(below) {
		return below, strings.IndexByte(below, 0) < 0
	}
	local, err := filepath.Localize(below)
	return local, err == nil
}

// url returns the name as a path, without a slash before it or behind it.
func (n pathName) url() string { return strings.Join(n.elements, "/") }

// below returns the name of a file in the directory n.
func (n pathName) below(file string) string { return filepath.Join(n.local, filepath.FromSlash(file)) }

// failed tells why a file could not be opened or read.
func (n pathName) failed(err error) error {
	if own, ok := errors.AsType[*protocol.Error](err); ok {
		return own
	}
	switch {
	case errors.Is(err, errMoved):
		return err
	case errors.Is(err, fs.ErrNotExist), isAny(err, syscall.ENOTDIR, syscall.ENAMETOOLONG, syscall.ELOOP, syscall.ENXIO):
		return &protocol.Error{Op: "serve file", Kind: protocol.ErrNotFound, Err: err, Routine: !errors.Is(err, syscall.ELOOP)}
	case errors.Is(err, fs.ErrPermission):
		return &protocol.Error{Op: "serve file", Kind: protocol.ErrForbidden, Err: err}
	}
	if _, system := errors.AsType[syscall.Errno](err); !system { // os.Root's own
		return notFound(n.asked, "a symbolic link leads out of the root, and links are not followed there")
	}
	return fmt.Errorf("serve file: %w", err)
}

func isAny(err error, of ...syscall.Errno) bool {
	return slices.ContainsFunc(of, func(no syscall.Errno) bool { return errors.Is(err, no) })
}

// prefix is what stands before the names of this tree in a URL's path.
func (f *Files) prefix() string {
	elements := strings.FieldsFunc(f.Mount, func(r rune) bool { return r == '/' })
	if len(elements) == 0 {
		return ""
	}
	return "/" + strings.Join(elements, "/")
}

// isScript reports whether an element of a path is not served as Scripts says.
func (f *Files) isScript(element string) bool {
	if f.Scripts == nil {
		return isSource(element, ScriptSuffixes)
	}
	return isSource(element, f.Scripts)
}

// checkEncoded refuses a target whose path has bytes encoded that part names or end them: what is
// in front may have read it in another way.
func checkEncoded(target string) error {
	path, _, _ := strings.Cut(target, "?")
	for i := strings.IndexByte(path, '%'); i >= 0 && i+2 < len(path); i++ {
		if path[i] != '%' {
			continue
		}
		switch strings.ToLower(path[i+1 : i+3]) {
		case "2f", "5c", "00":
			return badPath(path)
		}
	}
	return nil
}

func badPath(path string) error {
	return &protocol.Error{Op: "serve file", Kind: protocol.ErrMalformed, Detail: "path " + strconv.Quote(protocol.Clip(path))}
}

// notFound is the error for what is not served as the site is set up, which may be a mistake.
func notFound(path, why string) *protocol.Error {
	return &protocol.Error{Op: "serve file", Kind: protocol.ErrNotFound, Detail: protocol.Clip(path) + ": " + why}
}

// absent is the error for what clients ask for in vain.
func absent(path, why string) error {
	e := notFound(path, why)
	e.Routine = true
	return e
}

// failed is name's error for what could not be opened. Below a root that is not there everything is
// missing, and that is no client's business.
func (f *Files) failed(name pathName, err error) error {
	failure := name.failed(err)
	if e, ok := failure.(*protocol.Error); ok && e.Routine {
		e.Routine = isDirectory(f.Root)
	}
	return failure
}

// isDirectory reports whether there is a directory of that name.
func isDirectory(name string) bool {
	info, err := os.Stat(name)
	return err == nil && info.IsDir()
}
