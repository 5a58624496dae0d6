package endpoint

import (
	"slices"

	"github.com/postern-gateway/postern/uwsgi/rpc"
)

// NewRPC returns a client of uWSGI's RPC for a URL, and for those of further nodes that have the
// same functions: see [rpc.Client]. It does not connect yet.
func NewRPC(url string, o *ClientOptions, nodes ...string) (*rpc.Client, error) {
	e, err := Parse(url)
	if err != nil {
		return nil, err
	}
	c, err := e.RPC(o)
	for _, url := range nodes {
		if err != nil {
			return nil, err
		}
		var node *rpc.Client
		if node, err = NewRPC(url, o); err == nil {
			c.Nodes = append(c.Nodes, node.Dial)
		}
	}
	if err != nil {
		return nil, err
	}
	return c, nil
}

// RPC returns a client of uWSGI's RPC for e, which must be an address of uwsgi. It does not connect
// yet.
func (e *Endpoint) RPC(o *ClientOptions) (*rpc.Client, error) {
	switch {
	case e.Wire() != "uwsgi":
		return nil, e.errorf("RPC goes over uwsgi: write uwsgi://HOST:PORT or uwsgi+unix:PATH")
	case e.Network == "fd":
		return nil, e.errorf("a file descriptor is for listening: write uwsgi://HOST:PORT or uwsgi+unix:PATH")
	case len(e.listens) > 0:
		return nil, e.errorf("option %s is for listening", e.listens[0])
	case o == nil:
		o = new(ClientOptions)
	}
	for _, option := range e.options {
		if slices.Contains([]string{"param", "mount", "total-timeout", optionSendfile, optionRedirect}, option.name) || slices.Contains(balancing, option.name) {
			return nil, e.errorf("option %s is for requests, and a call has none", option.name)
		}
	}
	lim, err := e.limits(o)
	if err != nil {
		return nil, err
	}
	d, err := e.dialer(lim, o)
	if err != nil {
		return nil, err
	}
	return &rpc.Client{Dial: d.dial, Limits: lim}, nil
}
