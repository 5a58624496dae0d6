package site

import (
	"errors"
	"io/fs"
	"net/http"
	"net/url"
	"path/filepath"
	"strings"

	"github.com/postern-gateway/postern/protocol"
)

// SendFiles is a handler that stands before a backend's, and lets the backend name a file for its
// answer: by X-Sendfile, or by X-Accel-Redirect as nginx has it. It answers as [Files] does, Range
// and If-* included. Without a field of Dirs or Internal the header that would be read goes on to
// the client, like any other. It is safe for concurrent use, and must not be changed once in use.
//
// The fields of the backend's header go on, Content-Type, Content-Disposition, Cache-Control,
// Expires and Set-Cookie among them, but for those that tell of the body or of a file: the file has
// its own. Status and body are the file's. A POST is answered as a GET, once the backend has served
// it.
//
// A name outside of the directories is an ErrUpstream, and so is one that a symbolic link leads out
// of them, or that is no file; nothing of such a file is read. One that does not exist is an
// ErrNotFound. Inside, names that begin with a dot and the sources of scripts are files like any
// other: the backend has chosen them.
type SendFiles struct {
	Handler protocol.Handler // of the backend

	// Dirs are the directories in which X-Sendfile may name a file, by its absolute name: as it is
	// in the system, without escapes. Their names are absolute, too.
	Dirs []string

	// Internal has the directories of URL paths. X-Accel-Redirect names a file by an escaped URL
	// path: with "/protected" for /srv/files, /protected/a%20b.pdf is /srv/files/a b.pdf. Of
	// several the longest counts. Clients cannot ask for these paths by themselves.
	Internal map[string]string
}

// Serve implements [protocol.Handler].
func (s *SendFiles) Serve(w protocol.ResponseWriter, r *protocol.Request) error {
	named := &namingWriter{ResponseWriter: w, files: s}
	if err := s.Handler.Serve(named.writer(), r); err != nil {
		return err
	}
	if !named.begun {
		named.readHeader() // of an empty answer
	}
	if named.field == "" {
		return nil
	}
	dir, name, err := s.find(named.field, named.value)
	if err != nil {
		return err
	}
	hr, err := r.HTTP()
	if err != nil {
		return err
	}
	if hr.Method != http.MethodHead {
		hr.Method = http.MethodGet
	}
	return send(w, hr, dir, name)
}

// send answers with a file.
func send(w http.ResponseWriter, hr *http.Request, dir string, name pathName) error {
	t, err := openTree(dir, false)
	if err != nil {
		return err
	}
	defer t.Close()
	file, err := t.open(name.local)
	if errors.Is(err, fs.ErrNotExist) {
		return name.failed(err)
	}
	if err != nil {
		return badFile(name.asked + ": " + err.Error())
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return name.failed(err)
	}
	if !info.Mode().IsRegular() {
		return badFile(name.asked + ": not a regular file")
	}
	return (&Files{Plain: true}).file(w, hr, t, name.local, file, info)
}

// find returns the directory of a file that the backend has named, and its name in there.
func (s *SendFiles) find(field, value string) (dir string, name pathName, err error) {
	free := &Files{Hidden: true, Scripts: []string{}}
	rest := ""
	if field == fieldSendfile {
		dir, rest = longest(filepath.ToSlash(value), s.Dirs)
	} else if path, perr := pathOf(value); perr == nil {
		var at string
		at, rest = longest(path, keys(s.Internal))
		dir = s.Internal[at]
	}
	if dir != "" {
		name, err = free.name(rest)
	}
	if dir == "" || err != nil || name.slash || len(name.elements) == 0 {
		return "", name, badFile(field + " " + protocol.Clip(value) + ": not a file below the directories that it may name")
	}
	return dir, name, nil
}

// pathOf returns the path of a URL path that is escaped and may have a query.
func pathOf(value string) (string, error) {
	if err := checkEncoded(value); err != nil {
		return "", err
	}
	path, _, _ := strings.Cut(value, "?")
	return url.PathUnescape(path)
}

// longest returns the longest of prefixes that path is below, and what of path is.
func longest(path string, prefixes []string) (prefix, rest string) {
	for _, p := range prefixes {
		if r, ok := protocol.Below(path, filepath.ToSlash(p)); ok && len(p) > len(prefix) {
			prefix, rest = p, r
		}
	}
	return prefix, rest
}

func keys(m map[string]string) (all []string) {
	for key := range m {
		all = append(all, key)
	}
	return all
}

func badFile(detail string) error {
	return &protocol.Error{Op: "send file", Kind: protocol.ErrUpstream, Detail: detail}
}
