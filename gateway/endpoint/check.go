package endpoint

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"

	"github.com/postern-gateway/postern/fastcgi"
	"github.com/postern-gateway/postern/protocol"
)

// check makes the check of a probe by what probe-by says, and what closes it. own is e without the
// options of a balancer.
func (e *Endpoint) check(own *Endpoint, o *ClientOptions) (f func(context.Context) error, end func() error, err error) {
	end = func() error { return nil }
	by, ok := e.last("probe-by")
	if strings.HasPrefix(by, "/") {
		c, err := own.probing().Client(o)
		if err != nil {
			return nil, nil, err
		}
		return func(ctx context.Context) error { return own.checkPath(ctx, c, by) }, c.Close, nil
	}
	if o == nil {
		o = new(ClientOptions)
	}
	lim, err := own.limits(o)
	if err != nil {
		return nil, nil, err
	}
	d, err := own.dialer(lim, o)
	switch {
	case err != nil:
		return nil, nil, err
	case by == "values" && e.Wire() == "fastcgi":
		return d.checkValues, end, nil
	case by == "values":
		return nil, nil, e.errorf("bad probe-by %q: only FastCGI has GET_VALUES", by)
	case ok && by != "connect":
		return nil, nil, e.errorf("bad probe-by %q: write connect, values for FastCGI's GET_VALUES, or a path such as /ping", by)
	}
	return d.checkConnect, end, nil
}

// probing returns e for a client that probes it: with a connection for each request, beside those
// that other requests have, so that a probe waits for none of these.
func (e *Endpoint) probing() *Endpoint {
	own := *e
	own.options = slices.DeleteFunc(slices.Clone(e.options), func(o option) bool {
		return slices.Contains([]string{"max-open", "mux", "keep"}, o.name)
	})
	if slices.Contains(e.row.options, "keep") {
		own.options = append(own.options, option{"keep", "0"})
	}
	return &own
}

// checkConnect connects, and closes.
func (d *dialer) checkConnect(ctx context.Context) error {
	nc, err := d.dial(ctx)
	if err != nil {
		return err
	}
	return nc.Close()
}

// checkValues asks a FastCGI backend for its values.
func (d *dialer) checkValues(ctx context.Context) error {
	_, err := (&fastcgi.Client{Dial: d.dial}).GetValues(ctx)
	return err
}

// checkPath sends a GET, and wants a status of 200 to 399. The path is FastCGI's SCRIPT_NAME and
// SCRIPT_FILENAME, as php-fpm wants it for its ping, and the others' PATH_INFO.
func (e *Endpoint) checkPath(ctx context.Context, c *Client, target string) error {
	path, query, _ := strings.Cut(target, "?")
	r := &protocol.Request{Params: protocol.Pairs("REQUEST_METHOD", http.MethodGet, "REQUEST_URI", target, "QUERY_STRING", query,
		"SERVER_PROTOCOL", "HTTP/1.1", "HTTP_HOST", e.Address, "HTTP_USER_AGENT", "postern")}
	if e.Wire() == "fastcgi" {
		r.Params.Add("SCRIPT_NAME", path)
		r.Params.Add("SCRIPT_FILENAME", path)
	} else {
		r.Params.Add("SCRIPT_NAME", "")
		r.Params.Add("PATH_INFO", path)
	}
	if e.Network == "unix" {
		r.Params.Set("HTTP_HOST", "localhost")
	}
	res, err := c.RoundTrip(ctx, r)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	if res.Status < 200 || res.Status > 399 {
		return fmt.Errorf("GET %s: status %d", target, res.Status)
	}
	_, err = io.Copy(io.Discard, io.LimitReader(res.Body, 1<<20))
	return err
}
