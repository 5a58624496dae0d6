package endpoint

import (
	"context"
	"strings"

	"github.com/postern-gateway/postern/protocol"
)

// withParams returns c with the variables set in each request that the URL's param options give:
// "param=NAME=value". So php-fpm, which runs what SCRIPT_FILENAME names, can be called for requests
// that came by HTTP and name no file.
func (e *Endpoint) withParams(c *Client) (*Client, error) {
	var set protocol.Params
	for _, p := range e.all("param") {
		name, value, ok := strings.Cut(p, "=")
		if !ok || name == "" {
			return nil, e.errorf("bad param %q: write it as param=NAME=value", p)
		}
		set.Add(name, value)
	}
	if len(set) == 0 {
		return c, nil
	}
	return c.by(&paramSetter{c.RoundTripper, set}), nil
}

// A paramSetter sets variables on their way to a backend.
type paramSetter struct {
	to  protocol.RoundTripper
	set protocol.Params
}

// RoundTrip implements [protocol.RoundTripper].
func (s *paramSetter) RoundTrip(ctx context.Context, r *protocol.Request) (*protocol.Response, error) {
	out := r.Clone(ctx)
	for name, value := range s.set.All() {
		out.Params.Set(name, value)
	}
	return s.to.RoundTrip(ctx, out)
}
