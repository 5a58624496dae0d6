package endpoint

import (
	"io/fs"

	"github.com/postern-gateway/postern/gateway"
	"github.com/postern-gateway/postern/internal/units"
)

// An Endpoint is a URL that has been read. It is made by [Parse].
type Endpoint struct {
	Protocol string // "fastcgi"; "auto" for all
	Network  string // "tcp", "unix", "fd", or "file" for CGI and files
	Address  string // host:port, a path, or a descriptor's number

	Allow        gateway.AllowList // who may connect by TCP; empty: the server's list
	Mode         fs.FileMode       // of a Unix socket; 0: DefaultMode
	Owner, Group string            // of a Unix socket: names or numbers; empty: the process's

	row     *row
	options []option          // for calling
	secure  map[string]string // the options of TLS
	listens []string          // the options that are for listening
	fpm     *Endpoint         // what runs the scripts of a php: URL; nil: it says none

	// for tests; nil: net.Dialer's
	connect connectFunc
}

// DefaultMode is the mode of a Unix socket whose URL says none.
const DefaultMode fs.FileMode = 0o660

// An option is one that a protocol's row knows.
type option struct{ name, value string }

// String returns the URL without its options.
func (e *Endpoint) String() string {
	switch e.Network {
	case "tcp":
		return e.Protocol + "://" + e.Address
	case "file":
		return e.Protocol + ":" + e.Address
	}
	return e.Protocol + "+" + e.Network + ":" + e.Address
}

// all returns the values of an option, in order.
func (e *Endpoint) all(name string) (values []string) {
	for _, o := range e.options {
		if o.name == name {
			values = append(values, o.value)
		}
	}
	return values
}

// last returns an option's value, and whether it is there.
func (e *Endpoint) last(name string) (string, bool) {
	values := e.all(name)
	if len(values) == 0 {
		return "", false
	}
	return values[len(values)-1], true
}

// number returns an option's value as a number.
func (e *Endpoint) number(name string, byDefault int) (int, error) {
	return optionValue(e, name, byDefault, units.ParseCount)
}

// limit is number for an option in which the word none is 0, as that is no limit.
func (e *Endpoint) limit(name string) (int, error) {
	return optionValue(e, name, 0, func(text string) (int, error) { return units.Limit(text, 0, units.ParseCount) })
}

// optionValue returns an option's value as parse reads it.
func optionValue[T any](e *Endpoint, name string, byDefault T, parse func(string) (T, error)) (T, error) {
	text, ok := e.last(name)
	if !ok {
		return byDefault, nil
	}
	v, err := parse(text)
	if err != nil {
		return byDefault, e.errorf("bad %s %q: %w", name, text, err)
	}
	return v, nil
}
