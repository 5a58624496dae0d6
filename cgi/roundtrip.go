package cgi

import (
	"context"
	"io"
	"net/http"
	"net/url"
	"path/filepath"
	"strings"

	"github.com/postern-gateway/postern/protocol"
)

// RoundTrip runs a script for r. [protocol.Status] of the error is the status to answer with; its
// text names the script and the cause. The caller closes the response's Body.
func (c *Client) RoundTrip(ctx context.Context, r *protocol.Request) (*protocol.Response, error) {
	for redirects := 0; ; redirects++ {
		resp, err := c.dispatch(ctx, r)
		if e, ok := err.(*protocol.Error); ok && redirects > 0 {
			e.NotSent = false // to the scripts before this one it was
		}
		if err != nil {
			return nil, err
		}
		next := c.localRedirect(r, resp)
		if next == nil {
			return resp, nil
		}
		resp.Body.Close()
		if redirects == maxRedirects {
			return nil, &protocol.Error{Protocol: name, Op: "redirect", Kind: protocol.ErrUpstream,
				Detail: protocol.Exceeds(maxRedirects+1, maxRedirects, "local redirects") + ", the last to " + protocol.Clip(resp.Header.Get("Location"))}
		}
		r = next
	}
}

// dispatch finds the script of r and runs it.
func (c *Client) dispatch(ctx context.Context, r *protocol.Request) (*protocol.Response, error) {
	s, redirect, err := c.find(r.Params)
	if err != nil {
		return nil, err
	}
	if redirect != "" {
		return moved(r, redirect), nil
	}
	if s.file, err = filepath.Abs(s.file); err != nil { // because it starts in another directory
		return nil, startFailed(&command{path: s.file}, err)
	}
	if ctx.Err() != nil {
		return nil, aborted(s.file, context.Cause(ctx))
	}
	return c.run(ctx, r, s)
}

// find maps r to its script.
func (c *Client) find(p protocol.Params) (s *script, redirect string, err error) {
	if c.Path == "" {
		if c.Dir == nil {
			return nil, "", refused(http.StatusInternalServerError, "the client has neither a Path nor a Dir")
		}
		return c.Dir.find(p)
	}
	asked, err := p.Path()
	if err != nil {
		return nil, "", err
	}
	info, ok := protocol.Below(asked, c.Mount)
	if !ok {
		return nil, "", notFound(asked, "not below "+c.Mount)
	}
	return &script{file: c.Path, name: asked[:len(asked)-len(info)], info: info}, "", nil
}

// run starts s, once it has a slot, and reads the head of its response.
func (c *Client) run(ctx context.Context, r *protocol.Request, s *script) (*protocol.Response, error) {
	in, err := c.openInput(r)
	if err != nil {
		return nil, err
	}
	unavailable, err := c.acquireSlot(ctx, s)
	if unavailable != nil || err != nil {
		in.close()
		return unavailable, err
	}
	p, err := c.start(ctx, r, s, in)
	if err != nil {
		c.releaseSlot()
		in.close()
		return nil, err
	}
	return respond(ctx, r, s, p)
}

// ownResponse is a response that no script has made.
func ownResponse(status int, h http.Header, text string) *protocol.Response {
	if text != "" {
		h.Set("Content-Type", "text/plain; charset=utf-8")
	}
	return &protocol.Response{Status: status, Header: h, Body: io.NopCloser(strings.NewReader(text))}
}

// moved is the redirect for a path that lacks its final slash.
func moved(r *protocol.Request, to string) *protocol.Response {
	if q := r.Params.Get("QUERY_STRING"); q != "" {
		to += "?" + q
	}
	return ownResponse(http.StatusMovedPermanently, http.Header{"Location": {to}}, "")
}

// localRedirect marks, in place of a status, a response that is nothing but a Location (RFC 3875
// section 6.2).
const localRedirect = -1

// localRedirect returns the request to serve in place of r, if resp is a local redirect (section
// 6.2.2) to a path of this client and is to be followed here. Any other redirect becomes a 302:
// behind a front, or behind rules of ours, these may serve that path in another way or forbid it.
func (c *Client) localRedirect(r *protocol.Request, resp *protocol.Response) *protocol.Request {
	if resp.Status != localRedirect {
		return nil
	}
	resp.Status = http.StatusFound
	location := resp.Header.Get("Location")
	if (r.Protocol != "http" || r.PathChecked) && !c.LocalRedirects {
		return nil
	}
	if !strings.HasPrefix(location, "/") || strings.HasPrefix(location, "//") || strings.Contains(location, "#") {
		return nil // a fragment is the client's business: a local location has none
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

// redirected is r for another path: a GET, or a HEAD if r is one, without a body. REDIRECT_URL
// holds the path of r.
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
	return &protocol.Request{Params: p, Protocol: r.Protocol, Peer: r.Peer, PathChecked: r.PathChecked}
}
