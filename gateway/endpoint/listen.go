package endpoint

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"strconv"
	"syscall"

	"github.com/postern-gateway/postern/gateway"
	"github.com/postern-gateway/postern/uwsgi"
)

// A Listener is an endpoint that is open. It is a net.Listener; a [gateway.Server] serves it by
// [Listener.Serve].
type Listener struct {
	*gateway.Listener

	// UWSGI is how uwsgi is served on it, if it is. Its Kinds may be set before Serve.
	UWSGI uwsgi.Protocol

	endpoint       *Endpoint
	certificate    *certificate // nil: there is no TLS
	webServerAddrs []netip.Addr // FCGI_WEB_SERVER_ADDRS
}

// Listen opens the endpoint of a URL for listening.
func Listen(ctx context.Context, url string) (*Listener, error) {
	e, err := Parse(url)
	if err != nil {
		return nil, err
	}
	return e.Listen(ctx)
}

// Listen opens e for listening.
func (e *Endpoint) Listen(ctx context.Context) (*Listener, error) {
	switch {
	case e.row.handler != nil:
		return nil, e.errorf("one cannot listen for %s: it is a backend, of this process", e.Protocol)
	case e.row.serve == nil:
		return nil, e.errorf("one cannot listen for %s: a web server starts such a program, and endpoint.Serve notices", e.Protocol)
	case len(e.options) > 0:
		return nil, e.errorf("option %s is for calling", e.options[0].name)
	}
	config, pair, err := e.listenTLS()
	if err != nil {
		return nil, err
	}
	l, err := e.open(ctx)
	if err != nil {
		return nil, e.errorf("listen: %w", err)
	}
	actual := *e
	if e.Network == "tcp" {
		actual.Address = l.Addr().String()
	}
	open := &gateway.Listener{Listener: l, Allow: e.Allow, Name: actual.String(), TLS: config}
	return &Listener{Listener: open, endpoint: &actual, certificate: pair}, nil
}

func (e *Endpoint) open(ctx context.Context) (net.Listener, error) {
	switch e.Network {
	case "unix":
		return e.openUnix(ctx)
	case "fd":
		n, err := strconv.Atoi(e.Address)
		if err != nil {
			return nil, err
		}
		return openDescriptor(n)
	}
	var lc net.ListenConfig
	l, err := lc.Listen(ctx, "tcp", e.Address)
	return l, advise(err)
}

// URL returns the URL of l without options, with the port that it has.
func (l *Listener) URL() string { return l.endpoint.String() }

// Protocol returns the protocol of l's URL, which may be "auto".
func (l *Listener) Protocol() string { return l.endpoint.Protocol }

// Serve has s serve l by its protocol. It returns as s's Serve does.
func (l *Listener) Serve(s *gateway.Server) error {
	if l.certificate != nil {
		l.certificate.logTo(s.Log)
	}
	return l.endpoint.row.serve(s, l)
}

// advices say what to do about errors of the system.
var advices = []struct {
	err  error
	text string
}{
	{syscall.EADDRINUSE, "something listens there already: stop it, or choose another address"},
	{syscall.EACCES, "ports below 1024 and other users' directories need more rights: choose another address"},
	{syscall.EADDRNOTAVAIL, "this machine has no such address: choose one that it has"},
	{syscall.ENOENT, "create the directory first"},
}

// An advised is an error with what to do about it.
type advised struct {
	error
	text string
}

func (e *advised) Error() string { return cause(e.error).Error() + ": " + e.text }

func (e *advised) Unwrap() error { return e.error }

// advise adds what to do about err, where there is something.
func advise(err error) error {
	for _, a := range advices {
		if errors.Is(err, a.err) {
			return &advised{err, a.text}
		}
	}
	return err
}

// cause is the system's own error, without the operations and addresses that the URL tells already.
func cause(err error) error {
	if no, ok := errors.AsType[syscall.Errno](err); ok {
		return no
	}
	return err
}
