package site

import (
	"fmt"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"

	"github.com/postern-gateway/postern/protocol"
)

// A PHP is a handler that serves a site of PHP scripts and other files from one tree, by whatever
// protocol the requests come. The path of the request's URL is looked up below Root: a file whose
// name ends in ".php" is a script, and what follows it in the path is its PATH_INFO. Scripts runs
// it. Any other file is given to Files.
//
// Nothing outside Root is served, by ".." or by a symbolic link that leads out, nothing whose name
// begins with a dot but files below /.well-known (RFC 8615), and nothing that Deny names; nor is
// any of these by a link of another name. No file with one of ScriptSuffixes in its name is given
// to Files, by the rule of [Files.Scripts]: such a name is that of a script, or of a copy of one.
//
// Root and Scripts must be set, or Files. A PHP must not be changed once in use, nor copied. It is
// safe for concurrent use.
type PHP struct {
	// Root is the document root. It is opened for each request, so it may be a symbolic link that
	// is changed while the site is being served.
	Root string

	// Scripts runs the scripts: a [gateway.Proxy] whose backend is php-fpm, for one. Its requests
	// have SCRIPT_FILENAME, SCRIPT_NAME, PATH_INFO, PATH_TRANSLATED, DOCUMENT_ROOT, DOCUMENT_URI
	// and REDIRECT_STATUS as this site has them, whatever a front has sent. PHP_VALUE and
	// PHP_ADMIN_VALUE of a front, which can name code to run, are not among the variables. nil: a
	// script is not found.
	Scripts protocol.Handler

	// Files serves the other files below Root: a [Files] of the same Root and Mount. The path of
	// its requests is that of the file, where an index or something of Try was found, too. nil:
	// they are not found.
	Files protocol.Handler

	// BackendRoot is the directory that Root is for Scripts, as in a container: "/var/www". Empty:
	// Root.
	BackendRoot string

	// Mount is the URL path at which Root stands, "/wiki". Any other path is not found. Empty: Root
	// has the whole path.
	Mount string

	// Index are the names of files that are looked for, in order, where the path is that of a
	// directory. nil: index.php, index.html.
	Index []string

	// Try is what is looked for, in order: see [ParseTry]. nil: the file, then the directory.
	Try Try

	// FollowLinks follows symbolic links wherever they lead, as the trees of Debian's packages need
	// it. Whoever can make a link below Root then chooses what is served.
	FollowLinks bool

	// Deny are the paths that are never served: see [ParseDeny].
	Deny Deny

	once sync.Once
	root string // as Scripts has it
	err  error
}

// defaultIndex are the indexes of a directory.
var defaultIndex = []string{"index.php", "index.html"}

// Check returns an error if Root is no directory, or if BackendRoot, Mount or a name of Index
// cannot be one.
func (p *PHP) Check() error {
	info, err := os.Stat(p.Root)
	switch {
	case err != nil:
		return err
	case !info.IsDir():
		return fmt.Errorf("%s is no directory", p.Root)
	case p.BackendRoot != "" && !strings.HasPrefix(p.BackendRoot, "/") && !filepath.IsAbs(p.BackendRoot):
		return fmt.Errorf("the root for the backend, %q, is no absolute path", p.BackendRoot)
	case p.Mount != "" && !strings.HasPrefix(p.Mount, "/"):
		return fmt.Errorf("mount %q: it begins with a slash, as in /wiki", p.Mount)
	}
	for _, name := range p.Index {
		if name == "" || strings.HasPrefix(name, ".") || strings.ContainsAny(name, `/\`) {
			return fmt.Errorf("index %q: write the name of a file, as in index.php", name)
		}
	}
	return nil
}

// Serve implements [protocol.Handler].
func (p *PHP) Serve(w protocol.ResponseWriter, r *protocol.Request) error {
	p.once.Do(p.resolve)
	if p.err != nil {
		return p.err
	}
	path, err := r.Params.Path()
	if err != nil {
		return err
	}
	if err := checkPath(path); err != nil {
		return err
	}
	below, ok := protocol.Below(path, p.Mount)
	if !ok {
		return noSuch(path, "not below "+p.Mount)
	}
	if below == "" {
		return redirect(w, r, path)
	}
	t, err := p.find(below)
	switch {
	case err != nil:
		return err
	case t.slash:
		return redirect(w, r, path)
	case t.script:
		return p.runScript(w, r, t)
	}
	return p.serveFile(w, r, t)
}

// resolve finds the root's name for Scripts.
func (p *PHP) resolve() {
	p.root = p.BackendRoot
	if p.root == "" {
		var abs string
		abs, p.err = filepath.Abs(p.Root)
		p.root = filepath.ToSlash(abs)
	}
	p.root = strings.TrimRight(p.root, "/")
}

// find looks for the target of a path below Mount.
func (p *PHP) find(path string) (t target, err error) {
	in, err := openTree(p.Root, p.FollowLinks)
	if err != nil {
		return t, misconfigured(err.Error())
	}
	defer in.Close()
	s := &search{in: in, index: p.Index, deny: p.Deny, try: p.Try}
	if s.index == nil {
		s.index = defaultIndex
	}
	if s.try == nil {
		s.try = defaultTry
	}
	return s.find(path)
}

// redirect asks the client for the path with a slash at its end: without it relative links in the
// answer would be wrong. A method with a body is kept.
func redirect(w protocol.ResponseWriter, r *protocol.Request, path string) error {
	to := url.URL{Path: "/" + strings.Trim(path, "/") + "/", RawQuery: r.Params.Get("QUERY_STRING")}
	w.Header().Set("Location", to.RequestURI())
	switch r.Method() {
	case http.MethodGet, http.MethodHead:
		w.WriteHeader(http.StatusMovedPermanently)
	default:
		w.WriteHeader(http.StatusPermanentRedirect)
	}
	return nil
}
