package gateway

import (
	"bytes"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/net/http/httpguts"

	"github.com/postern-gateway/postern/internal/netio"
	"github.com/postern-gateway/postern/protocol"
)

// head makes the head that tells r to an HTTP backend.
func (c *HTTPClient) head(r *protocol.Request) ([]byte, error) {
	hr, err := r.HTTP()
	if err != nil {
		return nil, err
	}
	c.setFields(hr, r)
	target := strings.ReplaceAll(hr.URL.RequestURI(), " ", "%20")
	if hr.Host == "" {
		hr.Host = "localhost"
	}
	switch err := validFields(hr.Header); {
	case err != nil:
		return nil, err
	case strings.ContainsFunc(target, isControl):
		return nil, unsendable("the target")
	case !httpguts.ValidHostHeader(hr.Host):
		return nil, unsendable("the host")
	}
	var b bytes.Buffer
	b.WriteString(hr.Method + " " + target + " HTTP/1.1\r\nHost: " + hr.Host + "\r\n" + lengthField(hr.Method, r))
	hr.Header.WriteSubset(&b, framing)
	b.WriteString("\r\n")
	return b.Bytes(), nil
}

func isControl(r rune) bool { return r < ' ' || r == 0x7f }

// framing are the fields that head itself writes.
var framing = map[string]bool{"Host": true, "Content-Length": true, "Transfer-Encoding": true}

// lengthField is the field that tells the body's length. Without a body it is there for methods
// that have one as a rule (RFC 9110 section 8.6).
func lengthField(method string, r *protocol.Request) string {
	n := r.ContentLength
	if r.Body == nil && n < 0 {
		n = 0
	}
	switch {
	case n < 0:
		return "Transfer-Encoding: chunked\r\n"
	case n > 0, method == http.MethodPost, method == http.MethodPut, method == http.MethodPatch:
		return "Content-Length: " + strconv.FormatInt(n, 10) + "\r\n"
	}
	return ""
}

// validFields refuses what would be another field, or the end of the head.
func validFields(h http.Header) error {
	for name, values := range h {
		if wrong := protocol.BadField(name, values); wrong != "" {
			return unsendable(wrong)
		}
	}
	return nil
}

func unsendable(what string) error {
	return &protocol.Error{Protocol: "http", Op: "send request", Kind: protocol.ErrMalformed, Detail: what}
}

// perConnection are the fields that end with the front's connection.
var perConnection = slices.Collect(protocol.WithheldFields(protocol.ToHTTPBackend))

// setFields makes the header one for the backend.
func (c *HTTPClient) setFields(hr *http.Request, r *protocol.Request) {
	h := hr.Header
	upgrade := withoutHTTP2(h.Get("Upgrade"))
	if !httpguts.HeaderValuesContainsToken(h["Connection"], "upgrade") {
		upgrade = ""
	}
	netio.DropConnection(h, perConnection)
	if upgrade != "" {
		h["Connection"], h["Upgrade"] = []string{"Upgrade"}, []string{upgrade}
	}
	if !c.KeepForwarded {
		setForwarded(h, r)
	}
}

// withoutHTTP2 returns a list of protocols to switch to without HTTP/2 (RFC 7540 section 3.2): a
// switch to it is between two neighbours, and requests in a tunnel of it would pass by the rules
// here.
func withoutHTTP2(upgrade string) string {
	if upgrade == "" {
		return ""
	}
	return strings.TrimSpace(strings.Join(slices.DeleteFunc(strings.Split(upgrade, ","), func(name string) bool {
		return strings.EqualFold(strings.TrimSpace(name), "h2c")
	}), ","))
}

// setForwarded tells the backend of the client. What the client says of itself goes no further, but
// for X-Forwarded-For, whose end is ours.
func setForwarded(h http.Header, r *protocol.Request) {
	h.Del("Forwarded")
	if addr := r.Params.Get("REMOTE_ADDR"); addr != "" {
		if before := h.Get("X-Forwarded-For"); before != "" {
			addr = before + ", " + addr
		}
		h.Set("X-Forwarded-For", addr)
	}
	h.Set("X-Forwarded-Proto", r.Scheme())
	if host := r.Host(); host != "" {
		h.Set("X-Forwarded-Host", host)
	} else {
		h.Del("X-Forwarded-Host")
	}
}
