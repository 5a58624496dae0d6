package cgi

import (
	"net/http"
	"net/url"
	"strings"

	"github.com/postern-gateway/postern/protocol"
)

// localRedirect marks, in place of a status, a response that is nothing but a Location (RFC 3875
// section 6.2).
const localRedirect = -1

// localRedirect returns the request that is to be served in place of r, if resp asks for a local
// redirect (section 6.2.2) to a path that is ours, and we are the server that is to follow it. Any
// other Location is the client's to follow, a plain 302: behind a front the path may be one that
// the front serves otherwise, or lets nobody have.
func (c *Client) localRedirect(r *protocol.Request, resp *protocol.Response) *protocol.Request {
	if resp.Status != localRedirect {
		return nil
	}
	resp.Status = http.StatusFound
	location := resp.Header.Get("Location")
	if r.Protocol != "http" && !c.LocalRedirects {
		return nil
	}
	if !strings.HasPrefix(location, "/") || strings.HasPrefix(location, "//") {
		return nil
	}
	raw, query, _ := strings.Cut(location, "?")
	path, err := url.PathUnescape(raw)
	if err != nil || !c.serves(path) {
		return nil
	}
	return redirected(r, path, query)
}

// serves reports whether path is in the part of the URL space that is the client's.
func (c *Client) serves(path string) bool {
	prefix := c.Mount
	if c.Path == "" {
		prefix = c.Dir.Prefix
	}
	_, ok := protocol.Below(path, prefix)
	return ok
}

// redirected is r as it would have come for another path: a GET, or still a HEAD, without a body.
// The script sees where it came from in REDIRECT_URL.
func redirected(r *protocol.Request, path, query string) *protocol.Request {
	p := make(protocol.Params, 0, len(r.Params)+4)
	was := r.Params.Get("SCRIPT_NAME") + r.Params.Get("PATH_INFO")
	for _, v := range r.Params {
		switch v.Name {
		case "CONTENT_LENGTH", "CONTENT_TYPE", "SCRIPT_NAME", "PATH_INFO", "PATH_TRANSLATED", "SCRIPT_FILENAME", "DOCUMENT_URI",
			"QUERY_STRING", "REQUEST_METHOD", "REDIRECT_URL", "REDIRECT_QUERY_STRING":
		default:
			p = append(p, v)
		}
	}
	method := http.MethodGet
	if r.Params.Get("REQUEST_METHOD") == http.MethodHead {
		method = http.MethodHead
	}
	p = append(p, protocol.Param{Name: "REQUEST_METHOD", Value: method}, protocol.Param{Name: "SCRIPT_NAME", Value: path},
		protocol.Param{Name: "QUERY_STRING", Value: query}, protocol.Param{Name: "REDIRECT_URL", Value: was})
	if q := r.Params.Get("QUERY_STRING"); q != "" {
		p = append(p, protocol.Param{Name: "REDIRECT_QUERY_STRING", Value: q})
	}
	return &protocol.Request{Params: p, Protocol: r.Protocol, Peer: r.Peer}
}
