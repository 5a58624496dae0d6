package gateway

import (
	"net/http"

	"github.com/postern-gateway/postern/gateway/route"
	"github.com/postern-gateway/postern/protocol"
)

// A Route gives requests to a handler.
type Route = route.Mount

// A Mux is a handler that gives requests to other handlers, by host and path. Of the routes that
// match, one with a Host goes before one without, then a longer Prefix before a shorter one.
// Without a match the answer is 404.
//
// The path is that of [protocol.Params.Path]. It is not cleaned: a path with ".." elements matches
// as it stands.
//
// A Mux is a table of one rule, [route.Mounts]; [route.Table] has others beside it.
type Mux []Route

// Serve implements [protocol.Handler].
func (m Mux) Serve(w protocol.ResponseWriter, r *protocol.Request) error {
	return route.Mounts(m).Serve(w, r)
}

// Route implements [protocol.Router].
func (m Mux) Route(hr *http.Request) (h protocol.Handler, mount string) {
	return route.Mounts(m).Route(hr)
}
