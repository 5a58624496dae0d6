package endpoint

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"sync"

	"github.com/postern-gateway/postern/gateway/route"
	"github.com/postern-gateway/postern/protocol"
)

// Backends are what rules of package route name beyond this process: the nodes whose functions they
// call, and the backends that they send requests on to. Its zero value is ready to use. It must
// not be changed once in use.
type Backends struct {
	Options *ClientOptions // of every client; nil: all defaults

	// Handler makes a backend's handler of its client and its URL. nil: that of Options.
	Handler func(c *Client, url string) protocol.Handler

	// Served takes the place of a handler that calls nothing, as that of files:. nil: it serves by
	// itself.
	Served func(h *Handler, url string) protocol.Handler

	// Modified returns what serves requests of these modifiers in this process, as the plugins of
	// uWSGI do: "uwsgi:,173,3". nil, or nothing returned: the request goes on with them.
	Modified func(modifier1, modifier2 uint8) protocol.Handler

	mu       sync.Mutex
	handlers []*Handler
}

// Close closes the handlers, and with them their clients.
func (b *Backends) Close() error {
	b.mu.Lock()
	defer b.mu.Unlock()
	var errs []error
	for _, h := range b.handlers {
		errs = append(errs, h.Close())
	}
	b.handlers = nil
	return errors.Join(errs...)
}

// Environment returns what rules may name: nodes, and as actions every protocol that can be called,
// "fastcgi:127.0.0.1:9000", "scgi:/run/app.sock" or as a whole URL. local has the functions of this
// process; nil: there are none.
func (b *Backends) Environment(local route.Caller) *route.Environment {
	return &route.Environment{Local: local, Node: b.node, Action: b.action}
}

// node makes the client of a node: HOST:PORT, or the path of a Unix socket.
func (b *Backends) node(address string) (route.Caller, error) {
	return NewRPC(urlOf("uwsgi", address), b.Options)
}

// urlOf makes a URL of an address as uWSGI has it.
func urlOf(scheme, address string) string {
	switch {
	case strings.HasPrefix(address, "//"), strings.Contains(scheme, "+"), isFile(scheme):
		return scheme + ":" + address
	case strings.HasPrefix(address, "/"), strings.HasPrefix(address, "@"):
		return scheme + "+unix:" + address
	}
	return scheme + "://" + address
}

// action makes the action that sends requests on by a protocol.
func (b *Backends) action(name, args string) (route.Action, error) {
	scheme, _, _ := strings.Cut(name, "+")
	if r := find(scheme); r == nil || r.client == nil && r.handler == nil {
		return nil, nil
	}
	address, more := args, ""
	if name == scheme && !isFile(scheme) && !strings.HasPrefix(args, "//") { // no URL, but uWSGI's
		address, more, _ = strings.Cut(args, ",")
	}
	change, err := changeOf(scheme, more)
	if err != nil {
		return nil, err
	}
	if address == "" && scheme == "uwsgi" && more != "" {
		return b.modify(change), nil
	}
	url := urlOf(name, address)
	h, err := b.handler(url)
	if err != nil {
		return nil, err
	}
	return route.ActionFunc(func(x *route.Exchange) (route.Result, error) {
		x.Note("sends on to %s", url)
		if more != "" {
			x.Change(change)
		}
		return route.Break, x.Pass(h)
	}), nil
}

// handler makes the handler of a URL.
func (b *Backends) handler(url string) (*Handler, error) {
	var o ClientOptions
	if b.Options != nil {
		o = *b.Options
	}
	if b.Handler != nil {
		o.Handler = b.Handler
	}
	h, err := NewHandler(url, &o)
	if err != nil {
		return nil, err
	}
	if scheme, _, _ := strings.Cut(url, ":"); b.Served != nil && servedHere(scheme) {
		h = &Handler{b.Served(h, url), h.close}
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.handlers = append(b.handlers, h)
	return h, nil
}

// modify makes the action that gives a request modifiers.
func (b *Backends) modify(change func(*protocol.Request)) route.Action {
	var with protocol.Request
	change(&with)
	if b.Modified != nil {
		if h := b.Modified(with.Modifier1, with.Modifier2); h != nil {
			return route.ActionFunc(func(x *route.Exchange) (route.Result, error) {
				x.Note("modifiers %d, %d", with.Modifier1, with.Modifier2)
				x.Change(change)
				return route.Break, x.Pass(h)
			})
		}
	}
	return route.ActionFunc(func(x *route.Exchange) (route.Result, error) {
		x.Note("modifiers %d, %d", with.Modifier1, with.Modifier2)
		x.Change(change)
		return route.Continue, nil
	})
}

// changeOf reads what uWSGI has behind an address: MODIFIER1,MODIFIER2,APPID of uwsgi, and a host
// of http.
func changeOf(scheme, more string) (func(*protocol.Request), error) {
	switch {
	case more == "":
		return func(*protocol.Request) {}, nil
	case strings.TrimSuffix(scheme, "s") == "http":
		return func(r *protocol.Request) { r.Params.Set("HTTP_HOST", more) }, nil
	case strings.TrimSuffix(scheme, "s") != "uwsgi":
		return nil, fmt.Errorf("%q behind the address: only uwsgi has modifiers there, and http a host", more)
	}
	items := strings.Split(more, ",")
	var modifiers [2]uint8
	for i := range items {
		if i == len(modifiers) {
			break
		}
		n, err := strconv.ParseUint(items[i], 10, 8)
		if err != nil {
			return nil, fmt.Errorf("modifier %q: a number up to 255 is meant, as in uwsgi:127.0.0.1:3031,5,0", items[i])
		}
		modifiers[i] = uint8(n)
	}
	if len(items) > 3 {
		return nil, fmt.Errorf("%q behind the address: MODIFIER1,MODIFIER2,APPID is meant", more)
	}
	return func(r *protocol.Request) {
		r.Modifier1, r.Modifier2 = modifiers[0], modifiers[1]
		if len(items) == 3 {
			r.Params.Set("UWSGI_APPID", items[2])
		}
	}, nil
}
