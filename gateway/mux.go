package gateway

import (
	"net"
	"net/http"
	"strconv"
	"strings"

	"github.com/postern-gateway/postern/protocol"
)

// A Route gives requests to a handler.
type Route struct {
	// Host is the host that the request must be for, without a port. Empty: any.
	Host string
	// Prefix is what the path must begin with, by whole elements: "/app" has "/app" and "/app/x", not "/apple". It becomes the
	// request's SCRIPT_NAME, and what follows its PATH_INFO. Empty or "/": any path, and the variables stay as they are.
	Prefix  string
	Handler protocol.Handler
}

// A Mux is a handler that gives requests to other handlers, by host and path. Of the routes that match, one with a Host goes before one
// without, then a longer Prefix before a shorter one. Without a match the answer is 404.
//
// The path is SCRIPT_NAME and PATH_INFO, or where the front sends neither that of REQUEST_URI, decoded. It is not cleaned: a path with
// ".." elements matches as it stands.
type Mux []Route

// Serve implements [protocol.Handler].
func (m Mux) Serve(w protocol.ResponseWriter, r *protocol.Request) error {
	path, err := pathOf(r)
	if err != nil {
		return err
	}
	host := hostName(r.Host())
	var best *Route
	for i := range m {
		if route := &m[i]; route.matches(host, path) && (best == nil || route.before(best)) {
			best = route
		}
	}
	switch {
	case best == nil:
		http.Error(w, "404 no route for "+strconv.Quote(path), http.StatusNotFound)
		return nil
	case best.prefix() == "":
		return best.Handler.Serve(w, r)
	}
	sub := r.Clone(r.Context())
	sub.Params.Set("SCRIPT_NAME", best.prefix())
	sub.Params.Set("PATH_INFO", path[len(best.prefix()):])
	return best.Handler.Serve(w, sub)
}

func pathOf(r *protocol.Request) (string, error) {
	if path := r.Params.Get("SCRIPT_NAME") + r.Params.Get("PATH_INFO"); path != "" {
		return path, nil
	}
	u, err := r.URL()
	if err != nil {
		return "", err
	}
	return u.Path, nil
}

func hostName(host string) string {
	if h, _, err := net.SplitHostPort(host); err == nil {
		return h
	}
	return strings.Trim(host, "[]")
}

func (r *Route) prefix() string { return strings.TrimRight(r.Prefix, "/") }

func (r *Route) matches(host, path string) bool {
	if r.Host != "" && !strings.EqualFold(r.Host, host) {
		return false
	}
	rest, ok := strings.CutPrefix(path, r.prefix())
	return ok && (rest == "" || rest[0] == '/' || r.prefix() == "")
}

// before reports whether r goes before other.
func (r *Route) before(other *Route) bool {
	if (r.Host == "") != (other.Host == "") {
		return r.Host != ""
	}
	return len(r.prefix()) > len(other.prefix())
}
