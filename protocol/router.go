package protocol

import "net/http"

// A Router is a [Handler] that gives requests to others, and can choose by a request of net/http's
// server: so a handler of [FromHTTP] behind it gets that request, and no variables are made.
type Router interface {
	Handler

	// Route returns the handler that Serve would give the request to, and the mount that it would
	// give it by [Request.At]; "" is none. A nil handler has Serve decide.
	Route(hr *http.Request) (h Handler, mount string)
}

// route finds out whether h gives r to a handler of net/http, which then gets it directly. Who
// observes is told of the variables that came, without a mount.
func (r *webRequest) route(h Handler, observed bool) {
	switch h.(type) {
	case fromHTTP, Router:
		if !r.isPlain() {
			return
		}
	}
	for {
		switch t := h.(type) {
		case fromHTTP:
			if r.mount == "" || !observed {
				r.web, r.direct = r, t.Handler
			}
			return
		case Router:
			next, mount := t.Route(r.from)
			if h = next; mount != "" {
				r.mount = mount
			}
		default:
			return
		}
	}
}
