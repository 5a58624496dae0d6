package cgi

import (
	"net"
	"net/http"
	"os"
	"strconv"
	"strings"

	"github.com/postern-gateway/postern/protocol"
)

// DefaultPassEnv are the variables of our own environment that a script gets too, unless
// [Client.PassEnv] says otherwise.
var defaultPassEnv = []string{"PATH", "LANG", "LC_ALL", "LC_CTYPE", "TZ", "TMPDIR"}

// environment builds the environment of s for the request r: RFC 3875 section 4.1 from the request
// alone, then the pass-list, then Client.Env over all. length is that of the body; negative for
// none.
func (c *Client) environment(r *protocol.Request, s *script, length int64) ([]string, error) {
	e := &environ{vars: make(protocol.Params, 0, len(r.Params)+len(c.Env)+16)}
	for name, value := range r.Params.Unique().All() {
		c.addParam(e, name, value)
	}
	if e.get("REQUEST_METHOD") == "" && !c.MethodOptional {
		return nil, refused(http.StatusBadRequest, "no REQUEST_METHOD")
	}
	c.setDefaults(e, r, s, length)
	for _, name := range c.passEnv() {
		if v, ok := os.LookupEnv(name); ok && !poses(name) {
			if protocol.IsRequestVariable(name) {
				e.add(name, v)
			} else {
				e.set(name, v)
			}
		}
	}
	for _, pair := range c.Env {
		if name, value, ok := strings.Cut(pair, "="); ok && !poses(name) {
			e.set(name, value)
		}
	}
	return e.encode()
}

// poses reports whether a variable of our own would be taken for one of the request: HTTP_PROXY.
// Programs read http_proxy, too, but that no header field can become.
func poses(name string) bool {
	return protocol.IsRequestVariable(name) && protocol.Withheld(name, protocol.FromEnvironment)
}

// addParam takes one variable of the request over.
func (c *Client) addParam(e *environ, name, value string) {
	to := protocol.ToStranger
	if c.PassAuthorization {
		to = protocol.ToEnvironment
	}
	switch {
	case protocol.Withheld(name, to):
		if protocol.Steers(name) {
			c.dropped(name)
		}
	case value == "" && protocol.WithheldEmpty(name, to):
	case c.DropFunctions && strings.HasPrefix(name, "HTTP_") && strings.HasPrefix(value, "() {"):
	default:
		e.append(name, value)
	}
}

// dropped says once that a variable of the request is not passed on to the script.
func (c *Client) dropped(name string) {
	c.steered.Do(func() {
		c.log().Warn("cgi: variables that steer loaders and interpreters are not taken from requests: set them by Env (env= of a cgi: URL)",
			"variable", clip(name))
	})
}

// setDefaults sets what we know better than the front, and what a script may count on though the
// front left it out.
func (c *Client) setDefaults(e *environ, r *protocol.Request, s *script, length int64) {
	e.add("GATEWAY_INTERFACE", "CGI/1.1")
	e.add("SCRIPT_NAME", s.name)
	e.add("SCRIPT_FILENAME", s.file)
	if s.info != "" {
		e.add("PATH_INFO", s.info)
		if t := translate(c.documentRoot(e), s.info); t != "" {
			e.add("PATH_TRANSLATED", t)
		}
	}
	if length > 0 || length == 0 && r.Params.Get("CONTENT_LENGTH") != "" {
		e.add("CONTENT_LENGTH", strconv.FormatInt(length, 10))
	}
	e.add("QUERY_STRING", "")
	e.add("SERVER_PROTOCOL", "HTTP/1.1")
	e.add("SERVER_SOFTWARE", "Postern")
	e.add("REDIRECT_STATUS", "200") // php-cgi refuses to run without
	host, port := hostPort(e)
	e.set("SERVER_NAME", host)
	e.add("SERVER_PORT", port)
	switch peer := r.Peer.(type) { // it must have a value (section 4.1.8)
	case *net.TCPAddr:
		e.add("REMOTE_ADDR", peer.IP.String())
	case *net.UnixAddr:
		e.add("REMOTE_ADDR", protocol.Loopback)
	}
}

func (c *Client) documentRoot(e *environ) string {
	if c.DocumentRoot != "" {
		return c.DocumentRoot
	}
	return e.get("DOCUMENT_ROOT")
}

// hostPort finds SERVER_NAME, which has no port (section 4.1.14), and the port, which is always
// told.
func hostPort(e *environ) (host, port string) {
	host = e.get("SERVER_NAME")
	if host == "" {
		host = e.get("HTTP_HOST")
	}
	if h, p, err := net.SplitHostPort(host); err == nil {
		host, port = h, p
		if strings.Contains(h, ":") {
			host = "[" + h + "]"
		}
	}
	if host == "" {
		host = "localhost"
	}
	switch https := e.get("HTTPS"); {
	case port != "":
	case strings.EqualFold(https, "on"), https == "1", strings.EqualFold(e.get("REQUEST_SCHEME"), "https"):
		port = "443"
	default:
		port = "80"
	}
	return host, port
}
