package route

import (
	"errors"
	"io/fs"
	"net/http"
	"os"
	"path"
	"path/filepath"
	"strings"

	"github.com/postern-gateway/postern/protocol"
)

// A static is an action that answers with a file.
type static struct {
	root string   // the directory that the file must be below; empty: DOCUMENT_ROOT
	file template // below it
}

// Do implements [Action].
func (s *static) Do(x *Exchange) (Result, error) {
	if x.late() {
		return Break, nil
	}
	root := s.root
	if root == "" {
		root = x.Get("DOCUMENT_ROOT")
	}
	name := strings.Trim(s.file.Expand(x), "/")
	x.Note("file %s below %s", protocol.Clip(name), root)
	f, info, err := openBelow(root, name)
	if err != nil {
		return Break, err
	}
	defer f.Close()
	hr, err := x.req.HTTP()
	if err != nil {
		return Break, err
	}
	return Break, x.Pass(protocol.HandlerFunc(func(w protocol.ResponseWriter, _ *protocol.Request) error {
		if x.status != 0 { // the page of an error, say, which is whole whatever part was asked for
			w, hr = statusWriter{w, x.status}, &http.Request{Method: hr.Method}
		}
		http.ServeContent(w, hr, path.Base(name), info.ModTime(), f)
		return nil
	}))
}

// A statusWriter answers with a status in the place of 200.
type statusWriter struct {
	http.ResponseWriter
	status int
}

func (w statusWriter) WriteHeader(int) { w.ResponseWriter.WriteHeader(w.status) }

// openBelow opens a file of a directory, which nothing in name leads out of, links included.
func openBelow(root, name string) (*os.File, fs.FileInfo, error) {
	failed := &protocol.Error{Op: "route: static", Kind: protocol.ErrNotFound, Detail: protocol.Clip(name)}
	if root == "" || !filepath.IsLocal(filepath.FromSlash(name)) {
		return nil, nil, failed
	}
	f, err := os.OpenInRoot(root, filepath.FromSlash(name))
	if err != nil {
		if failed.Err = err; errors.Is(err, fs.ErrPermission) {
			failed.Kind = protocol.ErrForbidden
		}
		return nil, nil, failed
	}
	info, err := f.Stat()
	if err != nil || !info.Mode().IsRegular() {
		f.Close()
		failed.Err = err
		return nil, nil, failed
	}
	return f, info, nil
}
