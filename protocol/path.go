package protocol

import (
	"context"
	"net/url"
	"strings"
)

// Path returns the decoded path of the request's URL: SCRIPT_NAME and PATH_INFO together (RFC 3875
// section 3.3), which fronts divide each in its own way. Where a front sends neither it is
// DOCUMENT_URI, or else the path of REQUEST_URI. It is not cleaned: a ".." stays in it.
func (p Params) Path() (string, error) {
	if path := p.Get("SCRIPT_NAME") + p.Get("PATH_INFO"); path != "" {
		return path, nil
	}
	if path := p.Get("DOCUMENT_URI"); path != "" {
		return path, nil
	}
	raw, _, _ := strings.Cut(originForm(p.Get("REQUEST_URI")), "?")
	path, err := url.PathUnescape(raw)
	if err != nil {
		return "", &Error{Op: "derive path", Kind: ErrMalformed, Detail: "REQUEST_URI", Err: err}
	}
	return path, nil
}

// Below returns what of a path is below mount, by whole elements: "/app" has "/app" and "/app/x",
// not "/apple". The rest is empty or begins with a slash. Slashes at the end of mount do not count;
// "" and "/" are above every path.
func Below(path, mount string) (rest string, ok bool) {
	rest, ok = strings.CutPrefix(path, trimMount(mount))
	return rest, ok && (rest == "" || rest[0] == '/')
}

func trimMount(mount string) string { return strings.TrimRight(mount, "/") }

// At returns a copy of r with the context ctx (see [Request.Clone]) for what stands at mount in the
// URL's path: its SCRIPT_NAME is mount, without slashes at the end, and its PATH_INFO is what
// follows. A path that is not below mount is an ErrNotFound.
func (r *Request) At(ctx context.Context, mount string) (*Request, error) {
	path, err := r.Params.Path()
	if err != nil {
		return nil, err
	}
	rest, ok := Below(path, mount)
	if !ok {
		return nil, &Error{Op: "map path", Kind: ErrNotFound, Detail: Clip(path) + ": not below " + mount}
	}
	out := r.Clone(ctx)
	out.Params.setPath(trimMount(mount), rest)
	return out, nil
}

func (p *Params) setPath(script, info string) {
	p.Set("SCRIPT_NAME", script)
	p.Set("PATH_INFO", info)
}

// originForm returns the path and the query of a request's target as they stand in it: in front of
// them an absolute-form target has a scheme and a host (RFC 9112 section 3.2.2).
func originForm(target string) string {
	if strings.HasPrefix(target, "/") {
		return target
	}
	_, rest, absolute := strings.Cut(target, "://")
	if !absolute {
		return target
	}
	at := strings.IndexAny(rest, "/?")
	switch {
	case at < 0:
		return "/"
	case rest[at] == '?':
		return "/" + rest[at:]
	}
	return rest[at:]
}
