package endpoint

import (
	"github.com/postern-gateway/postern/gateway"
	"github.com/postern-gateway/postern/protocol"
)

// A Handler answers requests as a URL says. It is safe for concurrent use. Close it when it is no
// longer needed.
type Handler struct {
	protocol.Handler
	close func() error
}

// Close ends what the handler keeps: idle connections, processes.
func (h *Handler) Close() error {
	if h.close == nil {
		return nil
	}
	return h.close()
}

// NewHandler returns the handler of a URL: of one that can be called it sends requests on to the
// backend, by what ClientOptions.Handler makes of its client; "files:" and the like it serves by
// itself. It does not connect yet.
func NewHandler(url string, o *ClientOptions) (*Handler, error) {
	e, err := Parse(url)
	if err != nil {
		return nil, err
	}
	if o == nil {
		o = new(ClientOptions)
	}
	return e.handler(url, o)
}

// handler is NewHandler for an endpoint that has been read from url.
func (e *Endpoint) handler(url string, o *ClientOptions) (*Handler, error) {
	if e.row.handler != nil {
		return e.row.handler(e, o)
	}
	c, err := e.client(o)
	if err != nil {
		return nil, err
	}
	var h protocol.Handler = &gateway.Proxy{Backend: c, Name: url}
	if o.Handler != nil {
		h = o.Handler(c, url)
	}
	if h, err = e.withFiles(h); err != nil {
		c.Close()
		return nil, err
	}
	return &Handler{h, c.Close}, nil
}

// isFile reports whether the addresses of a scheme are files.
func isFile(scheme string) bool {
	r := find(scheme)
	return r != nil && r.path != ""
}

// servedHere reports whether a scheme's handler calls nothing.
func servedHere(scheme string) bool {
	r := find(scheme)
	return r != nil && r.handler != nil
}
