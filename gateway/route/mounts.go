package route

import (
	"net"
	"net/http"
	"strconv"
	"strings"

	"github.com/postern-gateway/postern/protocol"
)

// A Mount gives requests to a handler.
type Mount struct {
	// Host is the host that the request must be for, without a port. Empty: any.
	Host string
	// Prefix is what the path must begin with, by whole elements: "/app" has "/app" and "/app/x",
	// not "/apple". It becomes the request's SCRIPT_NAME, and what follows its PATH_INFO. Empty or
	// "/": any path, and the variables stay as they are.
	Prefix  string
	Handler protocol.Handler
}

// Mounts is the action that gives requests to handlers, by host and path: of the mounts that match,
// one with a Host goes before one without, then a longer Prefix before a shorter one. The result is
// Break, and Next of a request that none of them matches. As a handler it is a table of this one
// rule.
//
// The path is that of [protocol.Params.Path]. It is not cleaned: a path with ".." elements matches
// as it stands.
type Mounts []Mount

// Serve implements [protocol.Handler]. Without a match the answer is 404.
func (m Mounts) Serve(w protocol.ResponseWriter, r *protocol.Request) error {
	best, path, err := m.of(r)
	switch {
	case err != nil:
		return err
	case best == nil:
		http.Error(w, "404 no route for "+strconv.Quote(path), http.StatusNotFound)
		return nil
	}
	r.PathChecked = r.PathChecked || m.decides()
	return best.serve(w, r)
}

// decides reports whether there are requests that another mount gets, or none.
func (m Mounts) decides() bool { return len(m) > 1 || m[0].Host != "" || m[0].prefix() != "" }

// Route implements [protocol.Router].
func (m Mounts) Route(hr *http.Request) (h protocol.Handler, mount string) {
	if best := m.best(hr.Host, hr.URL.Path); best != nil {
		return best.Handler, best.prefix()
	}
	return nil, ""
}

// Do implements [Action].
func (m Mounts) Do(x *Exchange) (Result, error) {
	best, _, err := m.of(x.req)
	if best == nil {
		return Next, err
	}
	x.req.PathChecked = x.req.PathChecked || m.decides()
	return Break, x.Pass(protocol.HandlerFunc(best.serve))
}

func (m Mounts) choose(x *Exchange) (Result, error) {
	if x.to, x.mount = m.Route(x.web); x.to == nil {
		return Next, nil
	}
	return Break, nil
}

// of returns the mount for a request, or nil, and the request's path.
func (m Mounts) of(r *protocol.Request) (best *Mount, path string, err error) {
	if path, err = r.Params.Path(); err != nil {
		return nil, "", err
	}
	return m.best(r.Host(), path), path, nil
}

// best returns the mount for a host and a path, or nil.
func (m Mounts) best(host, path string) (best *Mount) {
	host = hostName(host)
	for i := range m {
		if mount := &m[i]; mount.matches(host, path) && (best == nil || mount.before(best)) {
			best = mount
		}
	}
	return best
}

// hostName is a host without its port, and without the dot that ends a name of the whole tree.
func hostName(host string) string {
	if h, _, err := net.SplitHostPort(host); err == nil {
		host = h
	}
	return strings.TrimSuffix(strings.Trim(host, "[]"), ".")
}

// serve gives a request to the handler.
func (m *Mount) serve(w protocol.ResponseWriter, r *protocol.Request) error {
	if m.prefix() == "" {
		return m.Handler.Serve(w, r)
	}
	sub, err := r.At(r.Context(), m.Prefix)
	if err != nil {
		return err
	}
	return m.Handler.Serve(w, sub)
}

func (m *Mount) prefix() string { return strings.TrimRight(m.Prefix, "/") }

func (m *Mount) matches(host, path string) bool {
	if m.Host != "" && !strings.EqualFold(hostName(m.Host), host) {
		return false
	}
	_, ok := protocol.Below(path, m.Prefix)
	return ok || m.prefix() == "" // which has OPTIONS *, too
}

// before reports whether m goes before other.
func (m *Mount) before(other *Mount) bool {
	if (m.Host == "") != (other.Host == "") {
		return m.Host != ""
	}
	return len(m.prefix()) > len(other.prefix())
}
