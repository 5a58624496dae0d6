package endpoint

import (
	"context"
	"net"
	"net/netip"
	"slices"
	"sync"
	"time"

	"github.com/postern-gateway/postern/internal/netio"
)

// connecting are the options of every client that connects over a network, for how it does.
var connecting = []string{"connect-timeout", "total-timeout", "resolve"}

// A lookupFunc finds the addresses of a host's name.
type lookupFunc = func(ctx context.Context, host string) ([]string, error)

// resolving returns connect, or where e's URL says resolve= what connects by it to the addresses of
// the host.
func (e *Endpoint) resolving(connect connectFunc, lookup lookupFunc) (connectFunc, error) {
	period, ok, err := e.duration("resolve")
	if err != nil || !ok {
		return connect, err
	}
	host, port, err := net.SplitHostPort(e.Address)
	if _, aerr := netip.ParseAddr(host); e.Network != "tcp" || err != nil || aerr == nil || host == "" {
		return nil, e.errorf("option resolve is for a host's name: an address needs no resolving")
	}
	if period <= 0 {
		return nil, e.errorf("bad resolve %s: how long addresses are good is meant, as in resolve=30s", period)
	}
	if lookup == nil {
		lookup = net.DefaultResolver.LookupHost
	}
	return (&resolver{host: host, port: port, period: period, lookup: lookup, dial: connect}).connect, nil
}

// A resolver connects to the addresses of a host in turn, and looks for them again when period has
// passed. It is safe for concurrent use.
type resolver struct {
	host, port string
	period     time.Duration // how long addresses are good
	lookup     lookupFunc
	dial       connectFunc

	mu      sync.Mutex
	looking *nameLookup // nil: none goes on
	addrs   []string
	until   time.Time // when they are looked for again
	next    int       // the address that is tried first; it counts on
	// the addresses that did not answer in their time, and until when they are tried last
	mute map[string]time.Time
}

// connect connects to one of the host's addresses. One that fails leaves its turn to the next; so
// does one that was mute, for a period.
func (r *resolver) connect(ctx context.Context, network, _ string) (nc net.Conn, err error) {
	addrs, err := r.addresses(ctx)
	if err != nil {
		return nil, err
	}
	for i, addr := range addrs {
		if nc, err = r.dialOne(ctx, network, addr, len(addrs)-i); err == nil || ctx.Err() != nil {
			break
		}
		if netio.IsTimeout(err) {
			r.noteMute(addr)
		}
	}
	return nc, err
}

func (r *resolver) noteMute(addr string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.mute == nil {
		r.mute = make(map[string]time.Time)
	}
	r.mute[addr] = time.Now().Add(r.period)
}

// dialOne connects to an address, in its part of the time that is left for it and the others.
func (r *resolver) dialOne(ctx context.Context, network, addr string, left int) (net.Conn, error) {
	if deadline, ok := ctx.Deadline(); ok && left > 1 {
		var end context.CancelFunc
		ctx, end = context.WithTimeout(ctx, time.Until(deadline)/time.Duration(left))
		defer end()
	}
	return r.dial(ctx, network, net.JoinHostPort(addr, r.port))
}

// addresses returns the host's addresses in the order in which to try them. Those that were found
// last stay good if they cannot be found again, and while that lasts.
func (r *resolver) addresses(ctx context.Context) ([]string, error) {
	r.mu.Lock()
	mine := r.looking == nil && !time.Now().Before(r.until)
	if mine {
		r.look()
	}
	l, known := r.looking, len(r.addrs) > 0
	r.mu.Unlock()
	if l != nil && (mine || !known) {
		if err := l.wait(ctx, known); err != nil {
			return nil, err
		}
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.addrs) == 0 {
		return nil, l.err
	}
	return r.inOrder(), nil
}

// inOrder begins with the address whose turn it is. Those that were mute come last.
func (r *resolver) inOrder() []string {
	now := time.Now()
	first := r.next % len(r.addrs)
	r.next++
	var good, mute []string
	for _, addr := range slices.Concat(r.addrs[first:], r.addrs[:first]) {
		if now.Before(r.mute[addr]) {
			mute = append(mute, addr)
		} else {
			delete(r.mute, addr)
			good = append(good, addr)
		}
	}
	return append(good, mute...)
}
