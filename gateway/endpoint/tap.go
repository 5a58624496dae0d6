package endpoint

import (
	"context"
	"fmt"
	"net"

	"github.com/postern-gateway/postern/protocol"
)

// Tracers returns the decoders of a protocol's wire, "fastcgi". Those of "auto" are all, of which
// the first bytes of a connection tell the one.
func Tracers(name string) ([]protocol.Tracer, error) {
	var all []protocol.Tracer
	for i := range table {
		if t := table[i].tracer; t != nil {
			all = append(all, t)
		}
	}
	if name == "auto" {
		return all, nil
	}
	if r := find(name); r != nil && r.tracer != nil {
		return []protocol.Tracer{r.tracer}, nil
	}
	known := "auto"
	for _, t := range all {
		known += ", " + t.Name()
	}
	return nil, fmt.Errorf("unknown protocol %q: known are %s", name, known)
}

// Dialer returns what connects to e, for those who speak its protocol by themselves, or pass on
// what somebody else speaks. A Unix socket's backlog that is full is waited for, as long as a
// client with default limits would. An option of e's URL is an error: all of them are for requests.
func (e *Endpoint) Dialer() (func(context.Context) (net.Conn, error), error) {
	switch {
	case e.row.client == nil, e.Network == "file":
		return nil, e.errorf("one cannot connect to %s: name the protocol that the backend speaks, over TCP or a Unix socket", e.Protocol)
	case e.Network == "fd":
		return nil, e.errorf("a file descriptor is for listening: write %s://HOST:PORT or %[1]s+unix:PATH", e.Protocol)
	case len(e.listens) > 0:
		return nil, e.errorf("option %s is for listening", e.listens[0])
	case len(e.options) > 0:
		return nil, e.errorf("option %s is for requests, and bytes are passed on as they are", e.options[0].name)
	}
	d, err := e.dialer(new(protocol.Limits), &ClientOptions{Connect: new(net.Dialer).DialContext})
	if err != nil {
		return nil, err
	}
	return d.dial, nil
}
