package site

import (
	"errors"
	"io/fs"
	"net/http"
	"strings"
	"syscall"

	"github.com/postern-gateway/postern/protocol"
)

// refused is the error for a request that is answered with that status.
func refused(status int, path, why string) *protocol.Error {
	return &protocol.Error{Op: "site", Kind: protocol.KindOf(status), Status: status, Detail: protocol.Clip(path) + ": " + why}
}

func noSuch(path, why string) error { return refused(http.StatusNotFound, path, why) }

func forbidden(path, why string) error { return refused(http.StatusForbidden, path, why) }

// missing is the error for a path at which nothing was found; err says why. A directory that we may
// not look into is no less missing: who asks need not know.
func missing(path string, err error) *protocol.Error {
	e := refused(http.StatusNotFound, path, "there is nothing to serve")
	switch {
	case errors.Is(err, fs.ErrNotExist):
		e.Routine = true
	case isAny(err, syscall.ENOTDIR, syscall.ENAMETOOLONG):
		e.Routine = true
		fallthrough
	default:
		e.Err = err
	}
	return e
}

// checkPath refuses a path that another program could read in another way than we do: with a
// control byte (CVE-2019-11043 needs a newline; a NUL ends a file's name early), with a backslash,
// which is a slash to Windows, or with a ".." element. One that does not begin with a slash, as the
// "*" of OPTIONS, has no file.
func checkPath(path string) error {
	if !strings.HasPrefix(path, "/") {
		return refused(http.StatusBadRequest, path, "a path begins with a slash")
	}
	for i := range len(path) {
		if c := path[i]; c < ' ' || c == 0x7f || c == '\\' {
			return &protocol.Error{Op: "site", Kind: protocol.ErrMalformed, Detail: "a control byte or a backslash in the path"}
		}
	}
	for element := range strings.SplitSeq(path, "/") {
		if element == ".." {
			return &protocol.Error{Op: "site", Kind: protocol.ErrMalformed, Detail: `".." in the path`}
		}
	}
	return nil
}

// misconfigured is the error for what the owner of the site has to put right.
func misconfigured(why string) error {
	return &protocol.Error{Op: "site", Kind: protocol.ErrUpstream, Status: http.StatusInternalServerError, Detail: why}
}
