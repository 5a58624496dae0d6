package endpoint

import (
	"cmp"
	"errors"
	"slices"
	"time"

	"github.com/postern-gateway/postern/gateway/upstream"
)

// balancing are the options of a URL that is one of several backends: see [NewBackend].
var balancing = []string{"weight", "max-conns", "max-fails", "fail-timeout", "slow-start", "backup",
	"probe", "probe-by", "probe-timeout", "probe-fall", "probe-rise"}

// balanced returns the first of e's options that is for one of several backends, or "".
func (e *Endpoint) balanced() string {
	for _, o := range e.options {
		if slices.Contains(balancing, o.name) {
			return o.name
		}
	}
	return ""
}

// IsBalanced reports whether a URL has an option that only [NewBackend] takes.
func IsBalanced(url string) bool {
	e, err := Parse(url)
	return err == nil && e.balanced() != ""
}

// NewBackend returns the backend of a URL, for an [upstream.Balancer], by whose name it is called.
// It does not connect yet. These options of the URL are for it:
//
//	weight=3  max-conns=20                 its share, and the requests that it has at once
//	max-fails=3  fail-timeout=10s          so many failures in a time take it out for that time; 0: never
//	slow-start=30s                         in which it gets its share when it is back
//	backup=1                               only where no other can serve
//	probe=5s                               how often it is looked after; without it: never
//	probe-by=connect  values  /ping        how: connect (the default), FastCGI's GET_VALUES, or GET of a path
//	probe-timeout=2s  probe-fall=3  probe-rise=2
//
// A path is well that is answered with a status of 200 to 399.
func NewBackend(url string, o *ClientOptions) (upstream.Backend, error) {
	e, err := Parse(url)
	if err != nil {
		return upstream.Backend{}, err
	}
	own := *e
	own.options = slices.DeleteFunc(slices.Clone(e.options), func(o option) bool { return slices.Contains(balancing, o.name) })
	c, err := own.Client(o)
	if err != nil {
		return upstream.Backend{}, err
	}
	be, err := e.balancing()
	be.Name, be.Client, be.Close = url, c, c.Close
	if err == nil && be.Probe != nil {
		var end func() error
		if be.Probe.Check, end, err = e.check(&own, o); err == nil {
			be.Close = func() error { return errors.Join(c.Close(), end()) }
		}
	}
	return be, err
}

// balancing returns what the options say, but for the check of the probe.
func (e *Endpoint) balancing() (upstream.Backend, error) {
	o := optionReader{e: e}
	be := upstream.Backend{
		Weight: o.count("weight", 1), MaxConns: o.count("max-conns", 0),
		MaxFails: o.count("max-fails", upstream.DefaultMaxFails), FailTimeout: o.span("fail-timeout"),
		SlowStart: o.span("slow-start"),
	}
	if be.MaxFails == 0 {
		be.MaxFails = -1
	}
	backup, ok := e.last("backup")
	be.Backup = ok && isTrue(backup)
	p := &upstream.Probe{Interval: o.span("probe"), Timeout: o.span("probe-timeout"),
		Fall: o.count("probe-fall", 0), Rise: o.count("probe-rise", 0)}
	switch _, by := e.last("probe-by"); {
	case o.err != nil:
		return be, o.err
	case be.Weight == 0:
		return be, e.errorf("bad weight 0: it is at least 1; a backend that is to get nothing else than what no other can serve has backup=1")
	case p.Interval > 0:
		be.Probe = p
	case by, p.Timeout > 0, p.Fall > 0, p.Rise > 0:
		return be, e.errorf("a probe needs its interval: write probe=5s, too")
	}
	return be, nil
}

// An optionReader reads options of an endpoint, none of which may be negative. Its error is the
// first.
type optionReader struct {
	e   *Endpoint
	err error
}

// count returns an option's value as a number.
func (r *optionReader) count(name string, byDefault int) int {
	n, err := r.e.number(name, byDefault)
	if err == nil && n < 0 {
		err = r.e.errorf("bad %s %d: it is negative", name, n)
	}
	r.err = cmp.Or(r.err, err)
	return n
}

// span returns an option's value as a time; 0 where it is not there.
func (r *optionReader) span(name string) time.Duration {
	d, _, err := r.e.duration(name)
	if err == nil && d < 0 {
		err = r.e.errorf("bad %s %s: it is negative", name, d)
	}
	r.err = cmp.Or(r.err, err)
	return d
}
