package gateway

import (
	"net/http"
	"sync/atomic"

	"github.com/postern-gateway/postern/protocol"
)

// A HandlerVar is a handler that can be changed while it serves, as for a configuration that is
// read again. Requests that are being served keep the handler that they began with, hijacked
// connections too; those that come after Set have the new one. The zero value answers 503 until
// Set is called. It is safe for concurrent use and must not be copied.
type HandlerVar struct {
	handler atomic.Pointer[protocol.Handler]
}

// Set makes h the handler, which nil takes away, and returns the one that it was before, or nil.
// That may still serve requests.
func (v *HandlerVar) Set(h protocol.Handler) (before protocol.Handler) {
	var next *protocol.Handler
	if h != nil {
		next = &h
	}
	if was := v.handler.Swap(next); was != nil {
		before = *was
	}
	return before
}

// Serve implements [protocol.Handler].
func (v *HandlerVar) Serve(w protocol.ResponseWriter, r *protocol.Request) error {
	h := v.handler.Load()
	if h == nil {
		return &protocol.Error{Op: "serve", Kind: protocol.ErrUnsupported, Detail: "no handler is set", Status: http.StatusServiceUnavailable}
	}
	return (*h).Serve(w, r)
}

// Route implements [protocol.Router].
func (v *HandlerVar) Route(*http.Request) (h protocol.Handler, mount string) {
	if h := v.handler.Load(); h != nil {
		return *h, ""
	}
	return nil, ""
}
