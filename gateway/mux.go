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
	// Prefix is what the path must begin with, by whole elements: "/app" has "/app" and "/app/x",
	// not "/apple". It becomes the request's SCRIPT_NAME, and what follows its PATH_INFO. Empty or
	// "/": any path, and the variables stay as they are.
	Prefix  string
	Handler protocol.Handler
}

// A Mux is a handler that gives requests to other handlers, by host and path. Of the routes that
// match, one with a Host goes before one without, then a longer Prefix before a shorter one.
// Without a match the answer is 404.
//
// The path is that of [protocol.Params.Path]. It is not cleaned: a path with ".." elements matches
// as it stands.
type Mux []Route

// Serve implements [protocol.Handler].
func (m Mux) Serve(w protocol.ResponseWriter, r *protocol.Request) error {
	path, err := r.Params.Path()
	if err != nil {
		return err
	}
	best := m.best(r.Host(), path)
	switch {
	case best == nil:
		http.Error(w, "404 no route for "+strconv.Quote(path), http.StatusNotFound)
		return nil
	case best.prefix() == "":
		return best.Handler.Serve(w, r)
	}
	sub, err := r.At(r.Context(), best.Prefix)
	if err != nil {
		return err
	}
	return best.Handler.Serve(w, sub)
}

// Route implements [protocol.Router].
func (m Mux) Route(hr *http.Request) (h protocol.Handler, mount string) {
	if best := m.best(hr.Host, hr.URL.Path); best != nil {
		return best.Handler, best.prefix()
	}
	return nil, ""
}

// best returns the route for a request, or nil.
func (m Mux) best(host, path string) (best *Route) {
	host = hostName(host)
	for i := range m {
		if route := &m[i]; route.matches(host, path) && (best == nil || route.before(best)) {
			best = route
		}
	}
	return best
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
	_, ok := protocol.Below(path, r.Prefix)
	return ok || r.prefix() == "" // which has OPTIONS *, too
}

// before reports whether r goes before other.
func (r *Route) before(other *Route) bool {
	if (r.Host == "") != (other.Host == "") {
		return r.Host != ""
	}
	return len(r.prefix()) > len(other.prefix())
}
