package main

import (
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"time"

	"github.com/spf13/pflag"

	"github.com/postern-gateway/postern/gateway/endpoint"
	"github.com/postern-gateway/postern/gateway/upstream"
	"github.com/postern-gateway/postern/protocol"
)

// An upstreamConfig is what the command line says of the backends.
type upstreamConfig struct {
	to           []string
	policy       upstream.Policy
	tries        int
	retryTimeout time.Duration
	queue        int
	queueTimeout time.Duration
}

func (c *upstreamConfig) addFlags(f *pflag.FlagSet) {
	f.StringArrayVarP(&c.to, "to", "t", nil, "send requests to the backend at this `URL` (repeatable: each request goes to one of them)")
	f.TextVar(&c.policy, "balance", upstream.RoundRobin, "choose among several backends by this `policy`: round-robin or least-connections")
	countFlag(f, &c.tries, "tries", 0, "backends that a request may be sent to, one after another, where that is safe, or none for no limit", 0)
	durationFlag(f, &c.retryTimeout, "retry-timeout", 0, "from a request's beginning, within which it may be sent to a further backend, or none", 0)
	countFlag(f, &c.queue, "queue", 0, "requests that may wait where each backend has as many as the max-conns of its URL; others are answered 503")
	durationFlag(f, &c.queueTimeout, "queue-timeout", upstream.DefaultQueueTimeout, "that a request may wait for a backend before it is answered 503, or none", -1)
}

// upstreamHelp is a part of serve's help.
const upstreamHelp = `
With --to several times each request goes to one of the backends, by --balance. One that fails is left out for a while, and the
request goes to another where that is safe: nothing of it was sent, or nothing was answered and its method is one that may be sent
twice (GET, HEAD, OPTIONS, TRACE, PUT, DELETE). What a backend's URL may say for that:

  weight=3  max-conns=20         its share of the requests, and how many it has at once (see --queue)
  max-fails=1  fail-timeout=10s  so many failures in a time take it out for that time (max-fails=0: never)
  slow-start=30s  backup=1       in which it gets its share when it is back; it serves only where no other can
  probe=5s  probe-by=connect     look after it, by connecting, by FastCGI's values, or by GET of a /path
  probe-timeout=2s  probe-fall=3  probe-rise=2

And with one --to, too: connect-timeout=10s, first-byte-timeout=, read-timeout= and total-timeout=, and resolve=30s, which uses all
addresses of a host's name and looks for them again that often, as nobody tells for how long they are good.
`

// several reports whether a balancer is needed: there are several backends, or an option of the one
// is for a balancer.
func (cfg *serveConfig) several() bool {
	to := cfg.upstreams.to
	return len(to) > 1 || len(to) == 1 && endpoint.IsBalanced(withOptions(to[0], cfg.options))
}

// checkLoop returns an error if a backend is what listens. What is wrong with a URL is told by who
// uses it.
func (cfg *serveConfig) checkLoop() error {
	for _, to := range cfg.upstreams.to {
		if l := listenerOf(to, cfg.listen); l != "" {
			return fmt.Errorf("--to %s is where --listen %s listens: each request would be sent to itself", to, l)
		}
	}
	for _, at := range cfg.at {
		if l := listenerOf(at.url, cfg.listen); l != "" {
			return fmt.Errorf("--at %s=%s is where --listen %s listens: each request would be sent to itself", at.text, at.url, l)
		}
	}
	return nil
}

// listenerOf returns the one of the addresses to which a backend's URL leads, or "".
func listenerOf(to string, listen []string) string {
	back, err := endpoint.Parse(to)
	if err != nil {
		return ""
	}
	i := slices.IndexFunc(listen, func(url string) bool {
		l, err := endpoint.Parse(url)
		return err == nil && back.LeadsTo(l)
	})
	if i < 0 {
		return ""
	}
	return listen[i]
}

// allCGI reports whether there is a backend, and each runs CGI scripts.
func (c *upstreamConfig) allCGI() bool {
	return len(c.to) > 0 && !slices.ContainsFunc(c.to, func(url string) bool { return !strings.HasPrefix(url, "cgi:") })
}

// balancer makes the backend that chooses among those of --to.
func (cfg *serveConfig) balancer(log *slog.Logger) (*upstream.Balancer, error) {
	c := &cfg.upstreams
	b := &upstream.Balancer{Policy: c.policy, MaxTries: c.tries, RetryTimeout: c.retryTimeout, Queue: c.queue, QueueTimeout: c.queueTimeout, Log: log}
	for _, url := range c.to {
		if err := cfg.addTo(b, url, log); err != nil {
			b.Close()
			return nil, fmt.Errorf("--to %w", err)
		}
	}
	return b, nil
}

// addTo adds the backend of a URL to b.
func (cfg *serveConfig) addTo(b *upstream.Balancer, url string, log *slog.Logger) error {
	if strings.HasPrefix(url, "demo:") {
		return errors.New("demo: is a backend of this process, and there is nothing to choose: say it alone")
	}
	be, err := endpoint.NewBackend(withOptions(url, cfg.options), &endpoint.ClientOptions{Limits: &cfg.limits, Log: log})
	if err != nil {
		return err
	}
	be.Name = url
	if err = b.Add(be); err != nil {
		be.Close()
	}
	return err
}

// balanced returns the handler that sends each request to one of the backends, and what ends it.
func (cfg *serveConfig) balanced(log *slog.Logger) (protocol.Handler, func(), error) {
	b, err := cfg.balancer(log)
	if err != nil {
		return nil, nil, err
	}
	return cfg.proxy(&endpoint.Client{RoundTripper: b}, ""), b.Close, nil
}
