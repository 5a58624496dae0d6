package cgi

import (
	"bytes"
	"context"
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/postern-gateway/postern/protocol"
)

// name is the protocol in errors.
const name = "cgi"

// refused is the error for a request that maps to no script, or that no environment can hold.
func refused(status int, detail string) error {
	return &protocol.Error{Protocol: name, Op: "map request", Kind: protocol.KindOf(status), Detail: detail, Status: status}
}

// timedOut is the error for a script that took too long. Its status is 504.
func timedOut(script, what string, limit time.Duration) error {
	return &protocol.Error{Protocol: name, Op: "run " + script, Kind: protocol.ErrUpstream, Status: http.StatusGatewayTimeout,
		Detail: "more than " + limit.String() + " " + what, Err: context.DeadlineExceeded}
}

// aborted is the error for a request whose context has ended.
func aborted(script string, cause error) error {
	return &protocol.Error{Protocol: name, Op: "run " + script, Kind: protocol.ErrAborted, Err: cause}
}

func notFound(path, why string) error {
	return refused(http.StatusNotFound, protocol.Clip(path)+": "+why)
}

func forbidden(path, why string) error {
	return refused(http.StatusForbidden, protocol.Clip(path)+": "+why)
}

func unreachable(path string, err error) *protocol.Error {
	e := refused(statusOf(err), protocol.Clip(path)).(*protocol.Error)
	e.Err = err
	return e
}

// statusOf is the status for a file that cannot be reached.
func statusOf(err error) int {
	switch {
	case errors.Is(err, os.ErrNotExist), errors.Is(err, syscall.ENOTDIR), errors.Is(err, syscall.ELOOP), errors.Is(err, syscall.ENAMETOOLONG):
		return http.StatusNotFound
	case errors.Is(err, os.ErrPermission):
		return http.StatusForbidden
	}
	return http.StatusInternalServerError
}

// startFailed is the error for a command that could not be started. It names what is missing:
// execve does not say whether that is the script, its directory or the interpreter of its #! line.
func startFailed(c *command, err error) error {
	e := &protocol.Error{Protocol: name, Op: "start " + c.path, Kind: protocol.ErrUpstream, Err: err, Status: http.StatusInternalServerError, NotSent: true}
	switch {
	case errors.Is(err, syscall.ENOMEM), errors.Is(err, syscall.EAGAIN), errors.Is(err, syscall.EMFILE), errors.Is(err, syscall.ENFILE),
		errors.Is(err, textBusy):
		e.Status, e.RetryAfter = http.StatusServiceUnavailable, time.Second
	case errors.Is(err, syscall.E2BIG):
		e.Kind, e.Status = protocol.ErrTooLarge, http.StatusRequestHeaderFieldsTooLarge
		e.Detail = "the environment and the arguments are more than the system passes on: " + strconv.Itoa(size(c.env)+size(c.argv)) + " bytes"
	case errors.Is(err, syscall.ENOEXEC):
		e.Detail = "neither a program of this system nor a script with a #! line"
	default:
		explainPath(e, c)
	}
	return e
}

// explainPath adds to e what is missing or forbidden.
func explainPath(e *protocol.Error, c *command) {
	if _, err := os.Stat(c.path); err != nil {
		if !c.byExtension {
			e.Status = statusOf(err)
			e.Kind = protocol.KindOf(e.Status)
		}
		return
	}
	if c.dir != "" {
		if fi, err := os.Stat(c.dir); err != nil || !fi.IsDir() {
			e.Detail = "working directory " + c.dir
			return
		}
	}
	if interp := interpreter(c.path); interp != "" {
		if fi, err := os.Stat(interp); err != nil || fi.Mode()&0o111 == 0 || fi.IsDir() {
			e.Detail = "the interpreter of its #! line, " + strconv.Quote(interp)
			if strings.HasSuffix(interp, "\r") {
				e.Detail += ": the line ends in CR LF"
			}
			return
		}
	}
	if errors.Is(e.Err, syscall.EACCES) || errors.Is(e.Err, syscall.EPERM) {
		e.Kind, e.Status = protocol.ErrForbidden, http.StatusForbidden
	}
}

// interpreter returns the program that the #! line of the file names, or "".
func interpreter(path string) string {
	f, err := os.Open(path)
	if err != nil {
		return ""
	}
	defer f.Close()
	buf := make([]byte, 256) // as far as Linux looks
	n, _ := f.Read(buf)
	line, ok := bytes.CutPrefix(buf[:n], []byte("#!"))
	if !ok {
		return ""
	}
	line, _, _ = bytes.Cut(line, []byte("\n"))
	line = bytes.TrimLeft(line, " \t")
	if i := bytes.IndexAny(line, " \t"); i >= 0 {
		line = line[:i]
	}
	if interp := string(line); filepath.IsAbs(interp) {
		return interp
	}
	return ""
}

// size is the number of bytes that execve counts for an environment or arguments: each string has a
// NUL.
func size(list []string) (n int) {
	for _, s := range list {
		n += len(s) + 1
	}
	return n
}
