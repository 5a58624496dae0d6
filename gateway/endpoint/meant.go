package endpoint

import (
	"errors"
	"fmt"
	"net"
	"strconv"
	"strings"

	"github.com/postern-gateway/postern/internal/suggest"
)

// aliases are the names that others have for our schemes.
var aliases = map[string]string{
	"fcgi": "fastcgi", "fast-cgi": "fastcgi", "fpm": "fastcgi", "php-fpm": "fastcgi",
	"wsgi": "uwsgi", "suwsgi": "uwsgis",
	"ws": "http", "wss": "https", "h2c": "http", "proxy": "http",
}

// unknownScheme is the error of a text that begins with none of our schemes.
func unknownScheme(text string) error {
	scheme, rest, ok := strings.Cut(text, ":")
	name, network, _ := strings.Cut(scheme, "+")
	if ok && find(nearestScheme(name)) != nil {
		if network != "" {
			network = "+" + network
		}
		url := nearestScheme(name) + network + ":" + rest
		if _, err := parse(url); err != nil && network == "" {
			url = withAddress(nearestScheme(name), rest)
		}
		return fmt.Errorf("unknown scheme %q: write %s", scheme, url)
	}
	all, local := schemes()
	if url := withProtocol(text); url != "" {
		return fmt.Errorf("no protocol: write %s; known are %s", url, all)
	}
	if !ok {
		return errors.New("no scheme: write a URL such as fastcgi://127.0.0.1:9000 or fastcgi+unix:/run/app.sock")
	}
	return fmt.Errorf("unknown scheme %q: known are %s, each but %s also with +unix or +fd", scheme, all, local)
}

// nearestScheme returns the scheme that is probably meant by name, or "".
func nearestScheme(name string) string {
	if own := aliases[strings.ToLower(name)]; own != "" {
		return own
	}
	names := make([]string, len(table))
	for i := range table {
		names[i] = table[i].name
	}
	return suggest.Nearest(name, names...)
}

// withProtocol returns a URL for an address that names no protocol: a Unix socket, a host with a
// port, a port, a file to run. Of others it returns "".
func withProtocol(text string) string {
	for _, prefix := range []string{"tcp://", "tcp:", "unix://", "unix:"} {
		if rest, ok := strings.CutPrefix(text, prefix); ok {
			text = rest
			break
		}
	}
	address, _, _ := strings.Cut(text, "?")
	switch {
	case !isPath(address):
	case strings.HasSuffix(address, "/"), strings.HasSuffix(address, ".cgi"), strings.HasSuffix(address, ".pl"), strings.HasSuffix(address, ".py"):
		return "cgi:" + text
	}
	return withAddress(usualScheme(address), text)
}

// withAddress returns the URL of a scheme for an address as others write it, and "" if there is no
// address in text.
func withAddress(scheme, text string) string {
	address, _, _ := strings.Cut(text, "?")
	if isPath(address) {
		return scheme + "+unix:" + text
	}
	if isPort(address) {
		return scheme + "://:" + text
	}
	if host, port, err := net.SplitHostPort(strings.TrimSuffix(address, "/")); err == nil && isPort(port) && !strings.Contains(host, "/") {
		return scheme + "://" + text
	}
	return ""
}

func isPath(address string) bool {
	return strings.HasPrefix(address, "/") && !strings.HasPrefix(address, "//") || strings.HasPrefix(address, "@") ||
		strings.HasPrefix(address, "./") || strings.HasSuffix(address, ".sock") || strings.HasSuffix(address, ".socket")
}

func isPort(text string) bool {
	_, err := strconv.ParseUint(text, 10, 16)
	return err == nil
}

// usualScheme returns the scheme that is most often spoken at an address: FastCGI, unless its port
// or its name tells another.
func usualScheme(address string) string {
	for _, name := range []string{"uwsgi", "scgi", "http"} {
		if strings.Contains(strings.ToLower(address), name) {
			return name
		}
	}
	for scheme, ports := range map[string][]string{"uwsgi": {":3031"}, "scgi": {":4000", ":5000"}, "http": {":80", ":3000", ":8000", ":8080", ":8081"}} {
		for _, port := range ports {
			if strings.HasSuffix(":"+address, port) {
				return scheme
			}
		}
	}
	return "fastcgi"
}
