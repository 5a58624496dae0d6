package rpc

import (
	"io"
	"mime"
	"strings"

	"github.com/postern-gateway/postern/protocol"
)

// servePath answers a call whose function and arguments are the elements of PATH_INFO:
// "/hello/a/b". Empty elements are none. The path is taken as it came; fronts have decoded it.
func (r *Registry) servePath(w protocol.ResponseWriter, req *protocol.Request) error {
	var args [][]byte
	for item := range strings.SplitSeq(req.Params.Get("PATH_INFO"), "/") {
		if item != "" {
			args = append(args, []byte(item))
		}
	}
	if len(args) == 0 {
		return malformed("no function is named in PATH_INFO")
	}
	name := string(args[0])
	f := r.find(name)
	if f == nil {
		return unknown(name)
	}
	if err := checkCall(name, args[1:]); err != nil {
		return named(name, err)
	}
	return r.run(req, f, args[1:], &pathAnswer{w, contentType(req.Params.Get("HTTP_ACCEPT"))}, new(callContext))
}

// A pathAnswer sends a result as an HTTP response.
type pathAnswer struct {
	w           protocol.ResponseWriter
	contentType string
}

func (a *pathAnswer) answer(b []byte, stream io.Reader, length int64) (err error) {
	setHeader(a.w.Header(), a.contentType, length)
	if stream == nil {
		_, err = a.w.Write(b)
		return err
	}
	_, err = io.Copy(a.w, stream)
	return err
}

// contentType is the type of a result, whose type only the caller knows: what it accepts, if that
// is one type.
func contentType(accept string) string {
	if t, _, err := mime.ParseMediaType(accept); err == nil && strings.Contains(t, "/") && !strings.ContainsAny(accept, "*,") {
		return accept
	}
	return "application/binary"
}

// HTTP returns a handler by which HTTP's clients call r's functions, over any protocol: the
// function and its arguments are the elements of the path below the handler's. Only POST calls; any
// other method is answered with 405. A page of another site can still have a visitor's browser
// post, since there is no document whose type tells: functions that change something want a handler
// before this one that tells their callers.
func (r *Registry) HTTP() protocol.Handler {
	return r.bridge(func(w protocol.ResponseWriter, req *protocol.Request) error {
		if err := checkPost(req); err != nil {
			return err
		}
		return r.servePath(w, req)
	})
}

// Path returns a handler that calls as modifier2 2 does, over any protocol: as HTTP's, but a
// request of any method calls, as uWSGI has it. It is for rules that stand for uWSGI's, and for
// fronts that tell methods.
func (r *Registry) Path() protocol.Handler { return r.bridge(r.servePath) }
