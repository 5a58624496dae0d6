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

// stringMax is what Linux passes on in one string of an environment, its NUL included
// (MAX_ARG_STRLEN).
const stringMax = 128 << 10

// An environ is an environment that is being built, each name once.
type environ struct {
	vars  protocol.Params
	index map[string]int // by name, once there are so many that a look through them costs more
}

const indexFrom = 64

func (e *environ) find(name string) int {
	if e.index != nil {
		if i, ok := e.index[name]; ok {
			return i
		}
		return -1
	}
	for i := range e.vars {
		if e.vars[i].Name == name {
			return i
		}
	}
	return -1
}

func (e *environ) has(name string) bool { return e.find(name) >= 0 }

func (e *environ) add(name, value string) {
	if !e.has(name) {
		e.append(name, value)
	}
}

func (e *environ) append(name, value string) {
	e.vars = append(e.vars, protocol.Param{Name: name, Value: value})
	switch {
	case e.index != nil:
		e.index[name] = len(e.vars) - 1
	case len(e.vars) == indexFrom:
		e.index = make(map[string]int, 2*indexFrom)
		for i := range e.vars {
			e.index[e.vars[i].Name] = i
		}
	}
}

func (e *environ) get(name string) string {
	if i := e.find(name); i >= 0 {
		return e.vars[i].Value
	}
	return ""
}

func (e *environ) set(name, value string) {
	if i := e.find(name); i >= 0 {
		e.vars[i].Value = value
		return
	}
	e.append(name, value)
}

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

// encode writes the variables as name=value. What an environment cannot hold is refused, not cut.
func (e *environ) encode() ([]string, error) {
	n := 0
	for _, v := range e.vars {
		n += len(v.Name) + len(v.Value) + 1
	}
	var all strings.Builder
	all.Grow(n)
	env := make([]string, len(e.vars))
	for i, v := range e.vars {
		if err := fits(v); err != nil {
			return nil, err
		}
		from := all.Len()
		all.WriteString(v.Name)
		all.WriteByte('=')
		all.WriteString(v.Value)
		env[i] = all.String()[from:]
	}
	return env, nil
}

// fits reports whether an environment can hold v.
func fits(v protocol.Param) error {
	switch {
	case v.Name == "" || strings.IndexByte(v.Name, '=') >= 0 || strings.IndexByte(v.Name, 0) >= 0:
		return refused(http.StatusBadRequest, "a variable's name: "+strconv.Quote(clip(v.Name)))
	case strings.IndexByte(v.Value, 0) >= 0:
		return refused(http.StatusBadRequest, "NUL in "+clip(v.Name))
	case len(v.Name)+len(v.Value)+2 > stringMax:
		return &protocol.Error{Protocol: name, Op: "build environment", Kind: protocol.ErrTooLarge, Status: http.StatusRequestHeaderFieldsTooLarge,
			Detail: clip(v.Name) + ": " + protocol.Exceeds(int64(len(v.Name)+len(v.Value)+2), stringMax, "bytes")}
	}
	return nil
}

func clip(s string) string {
	if len(s) > 60 {
		return s[:60] + "..."
	}
	return s
}
