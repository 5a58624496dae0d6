package endpoint

import (
	"fmt"
	"io/fs"
	"net"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/postern-gateway/postern/gateway"
	"github.com/postern-gateway/postern/internal/suggest"
)

// Parse reads a URL. An error is one line that says what to do.
func Parse(text string) (*Endpoint, error) {
	if shown := withoutUser(text); shown != text {
		return nil, fmt.Errorf("%q: no user and no password are possible in a URL", shown)
	}
	e, err := parse(text)
	if err != nil {
		return nil, fmt.Errorf("%q: %w", WithoutUsers(text), err)
	}
	return e, nil
}

// withUser finds URLs that may have a user: what stands before the last @ of each.
var withUser = regexp.MustCompile(`[a-zA-Z][a-zA-Z0-9.+-]*://[^\s"?]*@`)

// WithoutUsers hides the users and passwords of the URLs in a text, as an error is.
func WithoutUsers(text string) string { return withUser.ReplaceAllStringFunc(text, withoutUser) }

// withoutUser hides the user and the password of a URL that has them, whatever its scheme. Others
// also write a URL without one.
func withoutUser(text string) string {
	scheme, rest, ok := strings.Cut(text, "://")
	name, network, _ := strings.Cut(scheme, "+")
	if user, host, found := strings.Cut(text, "@"); !ok && found && !strings.ContainsAny(user, "/?+") {
		if name, _, hasPassword := strings.Cut(user, ":"); hasPassword && name != "unix" && find(name) == nil {
			return "***@" + host
		}
	}
	if known := find(name); !ok || network != "" && network != "tcp" || known != nil && known.path != "" {
		return text
	}
	address, _, _ := strings.Cut(rest, "?")
	if i := strings.LastIndexByte(address, '@'); i > 0 && name != "unix" && !strings.HasPrefix(address, "unix:") {
		return scheme + "://***" + rest[i:]
	}
	return text
}

func parse(text string) (*Endpoint, error) {
	scheme, rest, _ := strings.Cut(text, ":")
	name, network, _ := strings.Cut(scheme, "+")
	e := &Endpoint{Protocol: name, Network: network, row: find(name)}
	if e.row == nil || scheme == text {
		return nil, unknownScheme(text)
	}
	rest, query, _ := strings.Cut(rest, "?")
	if err := e.parseAddress(rest); err != nil {
		return nil, err
	}
	for item := range strings.SplitSeq(query, "&") {
		if item == "" {
			continue
		}
		if err := e.parseOption(item); err != nil {
			return nil, err
		}
	}
	return e, nil
}

func (e *Endpoint) parseAddress(rest string) (err error) {
	switch {
	case e.row.path != "" && e.Network != "":
		return fmt.Errorf("%s is no network protocol: write %s", e.Protocol, e.row.path)
	case e.row.path != "":
		e.Network = "file"
		e.Address, err = parsePath(rest)
	case e.Network == "unix":
		e.Address, err = parsePath(rest)
	case e.Network == "fd":
		e.Address = rest
		if n, aerr := strconv.Atoi(rest); aerr != nil || n < 0 {
			err = fmt.Errorf("bad file descriptor %q: write a number, as in %s+fd:3", rest, e.Protocol)
		}
	case e.Network == "" || e.Network == "tcp":
		e.Network = "tcp"
		e.Address, err = e.parseHost(rest)
	default:
		err = fmt.Errorf("unknown network %q: write %s://HOST:PORT, %[2]s+unix:PATH or %[2]s+fd:NUMBER", e.Network, e.Protocol)
	}
	return err
}

// parsePath reads a path, of which "///run/x" is a form too.
func parsePath(rest string) (string, error) {
	path, err := url.PathUnescape(rest)
	switch {
	case err != nil:
		return "", fmt.Errorf("bad path %q: write a per cent sign as %%25", rest)
	case strings.HasPrefix(path, "//") && !strings.HasPrefix(path, "///"):
		return "", fmt.Errorf("bad path %q: write one slash before it, or three", path)
	}
	if path = strings.TrimPrefix(path, "//"); path == "" || strings.IndexByte(path, 0) >= 0 {
		return "", fmt.Errorf("no path: write one after the colon")
	}
	return path, nil
}

func (e *Endpoint) parseHost(rest string) (string, error) {
	authority, ok := strings.CutPrefix(rest, "//")
	example := e.Protocol + "://127.0.0.1:9000"
	switch url := withAddress(e.Protocol, rest); {
	case ok:
	case isPath(rest):
		return "", fmt.Errorf("no address: for a Unix socket write %s, or //HOST:PORT after the colon", url)
	case url != "":
		return "", fmt.Errorf("no address: write //HOST:PORT after the colon, as in %s", url)
	default:
		return "", fmt.Errorf("no address: write //HOST:PORT after the colon, as in %s, or %s+unix:PATH", example, e.Protocol)
	}
	authority, path, _ := strings.Cut(authority, "/")
	switch {
	case authority == "" && path == "" && e.row.port != "":
		return "", fmt.Errorf("no address after //: write //HOST:PORT, as in %s", example)
	case path == "":
	case withAddress(e.Protocol, authority) != "":
		return "", fmt.Errorf("a path is not possible: requests bring their own")
	default:
		return "", fmt.Errorf("a path is not possible: requests bring their own; for a Unix socket write %s+unix:/%s", e.Protocol, path)
	}
	host, port, err := net.SplitHostPort(authority)
	if err != nil && e.row.port != "" {
		host, port, err = net.SplitHostPort(authority + ":" + e.row.port)
	}
	if err != nil || port == "" {
		return "", fmt.Errorf("no port in %q: write //HOST:PORT, as in %s", authority, example)
	}
	if n, err := strconv.ParseUint(port, 10, 16); err != nil {
		return "", fmt.Errorf("bad port %q: write a number up to 65535, as in %s", port, example)
	} else {
		port = strconv.FormatUint(n, 10)
	}
	if host == "*" {
		host = ""
	}
	return net.JoinHostPort(host, port), nil
}

// parseOption reads "name=value".
func (e *Endpoint) parseOption(item string) (err error) {
	name, value, _ := strings.Cut(item, "=")
	name, err1 := url.QueryUnescape(name)
	value, err2 := url.QueryUnescape(value)
	if err1 != nil || err2 != nil {
		return fmt.Errorf("bad option %q: write a per cent sign as %%25", item)
	}
	if e.parseSecureOption(name, value) {
		return nil
	}
	if slices.Contains(e.row.options, name) {
		e.options = append(e.options, option{name, value})
		if name == "fpm" {
			e.fpm, err = parsePHPBackend(plusInScheme(value))
		}
		return err
	}
	return e.parseListenOption(name, value)
}

// parseListenOption reads an option that is for listening.
func (e *Endpoint) parseListenOption(name, value string) (err error) {
	known := e.listenOptions()
	if !slices.Contains(known, name) {
		return e.unknown(name, append(known, e.row.options...))
	}
	if slices.Contains(e.listens, name) {
		return fmt.Errorf("option %s is there twice", name)
	}
	e.listens = append(e.listens, name)
	switch name {
	case "allow":
		e.Allow, err = gateway.ParseAllow(value)
		if err == nil && len(e.Allow) == 0 {
			err = fmt.Errorf("empty allow: write addresses and networks such as 192.0.2.1 or 10.0.0.0/8, or *")
		}
	case "mode":
		e.Mode, err = parseMode(value)
	case "owner":
		e.Owner = value
	case "group":
		e.Group = value
	}
	return err
}

func (e *Endpoint) listenOptions() []string {
	switch {
	case e.row.serve == nil:
		return nil
	case e.Network == "unix":
		return []string{"mode", "owner", "group"}
	}
	return []string{"allow"}
}

func (e *Endpoint) unknown(name string, known []string) error {
	known = append(known, e.secureOptions()...)
	switch {
	case e.Network == "unix" && name == "allow":
		return fmt.Errorf("option allow is for TCP: a Unix socket's mode, owner and group say who may connect")
	case len(known) == 0:
		return fmt.Errorf("unknown option %q: %s has none here", name, e.Protocol)
	}
	if meant := suggest.Nearest(name, known...); meant != "" {
		return fmt.Errorf("unknown option %q: did you mean %s?", name, meant)
	}
	return fmt.Errorf("unknown option %q: known here are %s", name, strings.Join(known, ", "))
}

func parseMode(value string) (fs.FileMode, error) {
	n, err := strconv.ParseUint(value, 8, 16)
	if err != nil || n == 0 || n > 0o777 {
		return 0, fmt.Errorf("bad mode %q: write it in octal, as in mode=0660", value)
	}
	return fs.FileMode(n), nil
}

// errorf is an error of the endpoint e, in one line.
func (e *Endpoint) errorf(format string, args ...any) error {
	return fmt.Errorf("%s: %w", e, fmt.Errorf(format, args...))
}
