package fetch

import (
	"net/http"
	"net/url"
	"strings"
)

// redirect returns where an answer sends us to, and its Location as a whole URL. nil: nowhere, or
// to another host.
func (f *fetcher) redirect(x *exchange, from at) (next *at, location string) {
	text := x.res.Header.Get("Location")
	if x.res.Status < 300 || x.res.Status > 399 || text == "" {
		return nil, ""
	}
	host := x.request.Host()
	base := *from.url
	base.Scheme, base.Host = f.scheme(), host
	u, err := base.Parse(text)
	if err != nil {
		f.warn("the redirect to " + text + " leads nowhere: " + err.Error())
		return nil, text
	}
	location = u.String()
	if !strings.EqualFold(hostWithPort(u.Scheme, u.Host), hostWithPort(base.Scheme, host)) {
		if f.cfg.Follow {
			f.warn("the redirect to " + location + " leads to another host than " + host + ", and only " + f.target.Backend.String() + " was to be asked: it is not followed")
		}
		return nil, location
	}
	next = &at{url: &url.URL{Path: u.Path, RawPath: u.RawPath, RawQuery: u.RawQuery}, method: from.method, bodiless: from.bodiless}
	if next.url.Path == "" {
		next.url.Path = "/"
	}
	// As browsers do: what was a POST becomes a GET. A method that was said by itself stays.
	if status := x.res.Status; status == 303 || (status == 301 || status == 302) && f.draft.m.Upload == "" {
		next.bodiless = true
		if f.draft.m.Method == "" && from.method != http.MethodHead {
			next.method = http.MethodGet
		}
	}
	return next, location
}

// scheme is what clients call the backend's site.
func (f *fetcher) scheme() string {
	if f.target.Backend.Protocol == "https" {
		return "https"
	}
	return "http"
}

// hostWithPort is a host with its port, which a URL may leave out.
func hostWithPort(scheme, host string) string {
	switch {
	case strings.LastIndexByte(host, ':') > strings.LastIndexByte(host, ']'):
		return host
	case scheme == "https":
		return host + ":443"
	}
	return host + ":80"
}
