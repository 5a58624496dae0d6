package cgi

import (
	"net"
	"net/http"
	"os"
	"strconv"
	"strings"

	"github.com/postern-gateway/postern/protocol"
)

// defaultPassEnv are the variables of our own environment that a script gets too, unless
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
		if v, ok := os.LookupEnv(name); ok && !mistakable(name) {
			if protocol.IsRequestVariable(name) {
				e.add(name, v)
			} else {
				e.set(name, v)
			}
		}
	}
	for _, pair := range c.Env {
		if name, value, ok := strings.Cut(pair, "="); ok && !mistakable(name) {
			e.set(name, value)
		}
	}
	return e.encode()
}

// mistakable reports whether a script could mistake one of our own variables for a header field of
// the request: HTTP_PROXY.
func mistakable(name string) bool {
	return protocol.IsRequestVariable(name) && protocol.Withheld(name, protocol.FromEnvironment)
}

// addParam adds a variable of the request to e, unless scripts must not get it.
func (c *Client) addParam(e *environ, name, value string) {
	to := protocol.ToStranger
	if c.PassAuthorization {
		to = protocol.ToEnvironment
	}
	switch {
	case protocol.Withheld(name, to):
		if protocol.Steers(name) {
			c.logSteering(name)
		}
	case value == "" && protocol.WithheldEmpty(name, to):
	case c.DropFunctions && strings.HasPrefix(name, "HTTP_") && strings.HasPrefix(value, "() {"):
	default:
		e.append(name, value)
	}
}

// logSteering logs, once, that a request had a variable that steers loaders or interpreters.
func (c *Client) logSteering(name string) {
	c.steerOnce.Do(func() {
		c.log().Warn("cgi: variables that steer loaders and interpreters are not taken from requests: set them by Env (env= of a cgi: URL)",
			"variable", protocol.Clip(name))
	})
}

// setDefaults adds the variables that a script may rely on and the request lacks.
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
	e.add("REDIRECT_STATUS", "200") // without it php-cgi refuses to run
	host, port := hostPort(e)
	e.set("SERVER_NAME", host)
	e.add("SERVER_PORT", port)
	switch peer := r.Peer.(type) { // REMOTE_ADDR must have a value (section 4.1.8)
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

// hostPort returns SERVER_NAME, without a port (section 4.1.14), and SERVER_PORT, which scripts
// always get.
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
