package endpoint

import (
	"context"
	"net/url"
	"slices"
	"strings"

	"github.com/postern-gateway/postern/protocol"
)

// CheckMount refuses the path of a mount that no request's path is below, without the escapes of a
// URL.
func CheckMount(v string) error {
	if v = strings.TrimRight(v, "/"); v == "" {
		return nil
	}
	elements := strings.Split(v, "/")
	plain, err := url.PathUnescape(v)
	switch {
	case elements[0] != "":
		return errorOf("write it with a slash before it, as in mount=/app")
	case err == nil && plain != v:
		return errorOf("write it without escapes: " + plain)
	case slices.ContainsFunc(elements[1:], func(e string) bool { return e == "" || e == "." || e == ".." }):
		return errorOf("no part of it is empty, . or ..")
	}
	return nil
}

// withMount returns c for the part of the URL's path that the mount option names. The clients of
// CGI have one of their own.
func (e *Endpoint) withMount(c *Client) (*Client, error) {
	mount, ok := e.last("mount")
	if !ok || e.Protocol == "cgi" {
		return c, nil
	}
	if err := CheckMount(mount); err != nil {
		return nil, e.errorf("bad mount %q: %w", mount, err)
	}
	return c.by(&mounted{c.RoundTripper, mount, e.Wire() == "http"}), nil
}

// A mounted backend stands at mount in the URL's path (see [protocol.Request.At]).
type mounted struct {
	to    protocol.RoundTripper
	mount string
	http  bool // it knows its path by the request's target
}

// RoundTrip implements [protocol.RoundTripper].
func (m *mounted) RoundTrip(ctx context.Context, r *protocol.Request) (*protocol.Response, error) {
	out, err := r.At(ctx, m.mount)
	if err != nil {
		return nil, err
	}
	if m.http {
		if err := retarget(out, r); err != nil {
			return nil, err
		}
	}
	return m.to.RoundTrip(ctx, out)
}

// retarget makes REQUEST_URI of out, which is r at its mount, what is below the mount, and tells
// what is not by X-Forwarded-Prefix: nothing else is left of it in a request by HTTP.
func retarget(out, r *protocol.Request) error {
	asked, err := r.URL()
	if err != nil {
		return err
	}
	mount, rest := out.Params.Get("SCRIPT_NAME"), out.Params.Get("PATH_INFO")
	u := url.URL{Path: rest, RawQuery: r.Params.Get("QUERY_STRING")}
	if asked.Path == mount+rest { // as it was asked for; else the front has another path for us
		u.RawQuery, u.ForceQuery = asked.RawQuery, asked.ForceQuery
		if raw := afterDecoded(asked.EscapedPath(), len(mount)); strings.HasPrefix(raw, "/") {
			u.RawPath = raw
		}
	}
	out.Params.Set("REQUEST_URI", u.RequestURI())
	if out.Params.Del("HTTP_X_FORWARDED_PREFIX"); mount != "" {
		out.Params.Add("HTTP_X_FORWARDED_PREFIX", mount)
	}
	return nil
}

// afterDecoded returns what follows the first n bytes of an encoded path, decoded ones.
func afterDecoded(path string, n int) string {
	for ; n > 0; n-- {
		if path[0] == '%' {
			path = path[2:]
		}
		path = path[1:]
	}
	return path
}
