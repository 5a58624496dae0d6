package cgi

import (
	"net/http"
	"net/url"
	"path"
	"path/filepath"
	"strings"
)

// A script is the program that serves a request, with its place in the URL (RFC 3875 sections 4.1.5
// and 4.1.13).
type script struct {
	file string // its path in the file system
	name string // SCRIPT_NAME, decoded
	info string // PATH_INFO, decoded; with a leading slash, or empty
}

// isNPH reports whether the script writes its whole HTTP response (section 5): its name says so.
func (s *script) isNPH() bool { return strings.HasPrefix(filepath.Base(s.file), "nph-") }

// A command is a program to start, with its arguments, environment, directory and user.
type command struct {
	path string   // the file to execute
	argv []string // with argv[0]
	env  []string
	dir  string
	cred *credential // nil: our own

	byExtension bool // path is the interpreter of the script's extension
}

// command returns what to start for s: the file itself, or the interpreter of its extension.
func (c *Client) command(s *script, env, words []string) *command {
	cmd := &command{path: s.file, dir: c.WorkDir, env: env}
	if cmd.dir == "" {
		cmd.dir = filepath.Dir(s.file)
	}
	if interp := strings.Fields(c.Interpreters[filepath.Ext(s.file)]); len(interp) > 0 {
		cmd.path, cmd.byExtension = interp[0], true
		cmd.argv = append(interp, s.file)
	} else {
		cmd.argv = append(make([]string, 0, 1+len(words)), s.file)
	}
	cmd.argv = append(cmd.argv, words...)
	return cmd
}

// searchWords returns the search words of an indexed query (section 4.4): that of a GET or HEAD
// without an unencoded "=", split at "+", each word decoded. There are none if a word cannot be
// decoded, holds a NUL, or could be taken for an option by an interpreter (CVE-2012-1823;
// CVE-2024-4577 with a soft hyphen).
func searchWords(method, query string) []string {
	if method != http.MethodGet && method != http.MethodHead || query == "" || strings.Contains(query, "=") {
		return nil
	}
	words := strings.Split(query, "+")
	for i, w := range words {
		w, err := url.PathUnescape(w)
		if err != nil || strings.Contains(w, "\x00") || strings.HasPrefix(w, "-") || strings.HasPrefix(w, "\xad") || strings.HasPrefix(w, "\u00ad") {
			return nil
		}
		words[i] = w
	}
	return words
}

// checkPath refuses a path with a NUL, which would end a file's name early, or with a ".." segment.
func checkPath(p string) error {
	if strings.Contains(p, "\x00") {
		return refused(http.StatusBadRequest, "NUL in the path")
	}
	for seg := range strings.SplitSeq(p, "/") {
		if seg == ".." {
			return refused(http.StatusBadRequest, `".." in the path`)
		}
	}
	return nil
}

// translate returns PATH_TRANSLATED: the file of PATH_INFO, if that is taken for a URL path
// (section 4.1.6).
func translate(documentRoot, info string) string {
	if documentRoot == "" || info == "" {
		return ""
	}
	t := filepath.Join(documentRoot, filepath.FromSlash(path.Clean(info)))
	if strings.HasSuffix(info, "/") && !strings.HasSuffix(t, "/") {
		t += "/"
	}
	return t
}
