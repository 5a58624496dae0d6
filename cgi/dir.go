package cgi

import (
	"net/http"
	"path/filepath"
	"strings"

	"github.com/postern-gateway/postern/protocol"
)

// A Dir maps requests to the scripts of a tree. The path of the request's URL is followed from Root
// down to its first element that is a file: that is the script, what follows is its PATH_INFO.
//
// A path that leads out of the tree is refused, and so is a symbolic link that does, unless
// FollowLinks is set. The script is started after these checks, by its name. Whoever can change the
// tree in between can have another file run, so nobody should have that right who may not choose
// what runs.
//
// A Dir must not be changed once in use.
type Dir struct {
	// Root is the directory of the scripts. With "/" any program may be run that passes the other
	// tests.
	Root string

	// Prefix is the URL path at which Root stands: with "/cgi-bin", /cgi-bin/x.cgi is Root's x.cgi.
	// Any other path is not found. Empty means that the whole path is followed.
	Prefix string

	// Index are the names of scripts to try, in order, where the path ends at a directory.
	Index []string

	// ScriptFilename runs the file that the front names in SCRIPT_FILENAME, or else DOCUMENT_ROOT
	// followed by SCRIPT_NAME, if it lies below Root. This is what fcgiwrap does. Prefix is not
	// used then.
	ScriptFilename bool

	// FollowLinks allows symbolic links that lead out of Root.
	FollowLinks bool

	// Allow lists what may run, by extension (".cgi"), by name ("*.sh") or by path below Root
	// ("git/*"), in the syntax of path.Match. Empty allows everything that is executable.
	Allow []string
}

// find maps a request to its script. If redirect is not empty, the client should ask for that path
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

// findFile maps a request by SCRIPT_FILENAME. Apache's mod_proxy_fcgi puts the address of the
// backend before the path.
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
		return nil, refused(http.StatusForbidden, protocol.Clip(file)+" is not below "+root)
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
