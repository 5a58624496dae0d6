package site

import (
	"errors"
	"io/fs"
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"

	"github.com/postern-gateway/postern/protocol"
)

// Files is a handler that serves the files of a directory tree. Only Root must be set. It is safe
// for concurrent use, and must not be changed once in use.
//
// The file is found by the path of the request's URL, SCRIPT_NAME and PATH_INFO together (see
// [protocol.Params.Path]). Nothing outside of Root is served, also by no symbolic link, unless
// FollowLinks is set. What is not served either: a name that begins with a dot, see Hidden; the
// source of a script, see Scripts; a link to one of these; and what is neither a file nor a
// directory. All these are a 404, which is an ErrNotFound. A path with a "..", a backslash, a NUL
// or an encoded slash is a 400.
//
// GET and HEAD are answered, with Range, If-Range, If-Match, If-None-Match, If-Modified-Since and
// If-Unmodified-Since (RFC 9110 sections 13 and 14), Last-Modified, and a strong ETag of the file's
// size and time. A body of one piece leaves by sendfile where the connection can do that: over
// HTTP, SCGI and uwsgi on Linux.
type Files struct {
	// Root is the directory. It is opened for each request, so another can take its place, and it
	// may be a symbolic link to it.
	Root string

	// Mount is the URL path at which Root stands: with "/static", /static/x.css is Root's x.css.
	// Any other path is not found. Empty: the whole path is followed.
	Mount string

	// Index are the names of the files that stand for their directory, in order. nil: index.html.
	Index []string

	// Listing answers with a list of the files where a directory has none of Index. Without it that
	// is a 403.
	Listing bool

	// Hidden serves also names that begin with a dot. Without it the only one is .well-known, as
	// the first element of the path (RFC 8615).
	Hidden bool

	// Scripts are the endings of files that are not served, because they are a program's source:
	// ".pl". Case does not matter, nor does what follows the ending, unless that is a letter or a
	// digit: with ".pl", x.PL, x.pl~, x.pl.bak and x.pl.txt are none either. Of PHP's endings,
	// ".php", ".pht" and ".phar", anything may follow. nil: ScriptSuffixes. Not nil and empty: all
	// are served.
	Scripts []string

	// Plain leaves alone the compressed neighbours of a file. Without it x.css.br, x.css.zst or
	// x.css.gz is served for x.css to a client whose Accept-Encoding takes it.
	Plain bool

	// FollowLinks follows symbolic links wherever they lead, but for the source of a script.
	FollowLinks bool

	// Types are the media types of files by their ending, ".css", in lower case. What is not there
	// has that of a table of this package, or else of package mime, or else
	// application/octet-stream.
	Types map[string]string
}

// Serve implements [protocol.Handler].
func (f *Files) Serve(w protocol.ResponseWriter, r *protocol.Request) error {
	hr, err := r.HTTP()
	if err != nil {
		return err
	}
	if hr.Method != http.MethodGet && hr.Method != http.MethodHead {
		w.Header().Set("Allow", "GET, HEAD")
		http.Error(w, "405 Method Not Allowed", http.StatusMethodNotAllowed)
		return nil
	}
	asked, err := r.Params.Path()
	if err == nil {
		err = checkEncoded(r.Params.Get("REQUEST_URI"))
	}
	if err != nil {
		return err
	}
	for range movedTries {
		if err = f.serve(w, hr, asked); !errors.Is(err, errMoved) {
			return err
		}
	}
	return notFound(asked, err.Error())
}

// serve answers for a path. errMoved says that nothing has been answered.
func (f *Files) serve(w http.ResponseWriter, hr *http.Request, asked string) error {
	t, name, err := f.find(asked)
	if err != nil {
		return err
	}
	defer t.Close()
	file, info, err := f.open(t, name.local)
	if err != nil {
		return f.failed(name, err)
	}
	defer file.Close()
	return f.answer(w, hr, t, name, file, info)
}

// find opens the tree, and finds the name in it that a path asks for.
func (f *Files) find(asked string) (tree, pathName, error) {
	rest, ok := protocol.Below(asked, f.Mount)
	if !ok {
		return tree{}, pathName{}, notFound(asked, "not below "+f.Mount)
	}
	name, err := f.name(rest)
	if err != nil {
		return tree{}, pathName{}, err
	}
	t, err := openTree(f.Root, f.FollowLinks)
	return t, name, err
}

// answer serves an opened file or directory.
func (f *Files) answer(w http.ResponseWriter, hr *http.Request, t tree, name pathName, file *os.File, info fs.FileInfo) error {
	switch {
	case info.IsDir() && !name.slash:
		return f.redirect(w, hr, name)
	case info.IsDir():
		return f.directory(w, hr, t, name, file)
	case name.slash:
		return absent(name.asked, "a file, and the path ends in a slash")
	}
	return f.file(w, hr, t, name.local, file, info)
}

// redirect sends the client to the directory's own path, which ends in a slash. It is a path alone:
// no element of it is empty, so that nobody can take one for a host.
func (f *Files) redirect(w http.ResponseWriter, hr *http.Request, name pathName) error {
	to := url.URL{Path: f.prefix() + "/" + name.url() + "/", RawQuery: hr.URL.RawQuery}
	w.Header().Set("Location", to.String())
	http.Error(w, "301 Moved Permanently", http.StatusMovedPermanently)
	return nil
}

// directory answers with the directory's index file, or its list.
func (f *Files) directory(w http.ResponseWriter, hr *http.Request, t tree, name pathName, dir *os.File) error {
	for _, index := range f.indexes() {
		if f.isScript(index) {
			continue
		}
		local := name.below(index)
		file, info, err := f.open(t, local)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return name.failed(err)
		}
		defer file.Close()
		if !info.IsDir() {
			return f.file(w, hr, t, local, file, info)
		}
	}
	if !f.Listing {
		return &protocol.Error{Op: "serve file", Kind: protocol.ErrForbidden, Detail: protocol.Clip(name.asked) + ": a directory without an index file"}
	}
	return f.list(w, name, dir)
}

func (f *Files) indexes() []string {
	if f.Index == nil {
		return []string{"index.html"}
	}
	return f.Index
}

// file serves an opened file, or its compressed neighbour.
func (f *Files) file(w http.ResponseWriter, hr *http.Request, t tree, local string, file *os.File, info fs.FileInfo) error {
	if !info.Mode().IsRegular() {
		return absent(hr.URL.Path, "not a regular file")
	}
	h := w.Header()
	kind := h.Get("Content-Type")
	if kind == "" {
		kind = f.typeOf(local)
		h.Set("Content-Type", kind)
	}
	encoding := ""
	if !f.Plain && compressible(kind) {
		h.Add("Vary", "Accept-Encoding")
		if n := f.neighbour(t, local, hr.Header); n != nil {
			defer n.file.Close()
			file, info, encoding = n.file, n.info, n.encoding
			h.Set("Content-Encoding", encoding)
		}
	}
	h.Set("Etag", etag(info, encoding))
	serveContent(w, hr, file, info.Size(), info.ModTime())
	return nil
}

// serveContent answers with a file, or what of it the request asks for.
func serveContent(w http.ResponseWriter, hr *http.Request, file *os.File, size int64, modified time.Time) {
	switch asked := hr.Header.Get("Range"); {
	case !isByteRange(asked):
		hr.Header.Del("Range")
	case strings.Contains(asked, "-0"):
		hr.Header.Set("Range", withoutEmpty(asked, size))
	}
	http.ServeContent(&sizedWriter{ResponseWriter: w, size: size}, hr, "", modified, file)
}
