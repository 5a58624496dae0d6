package main

import (
	"cmp"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"slices"
	"strings"

	"github.com/spf13/pflag"

	"github.com/postern-gateway/postern/gateway/endpoint"
	"github.com/postern-gateway/postern/gateway/route"
	"github.com/postern-gateway/postern/protocol"
)

// places are the backends of a command line that stand at a host or a path of their own.
type places []place

// A place is one --at.
type place struct {
	text         string // as it was written, without the URL
	host, prefix string // as [route.Mount] has them
	url          string
}

func (p *places) addFlags(f *pflag.FlagSet) {
	f.Var(p, "at", "send requests for this `PATH=URL`, or HOST/PATH=URL, to the backend at URL, as in /wiki=fastcgi+unix:/run/wiki.sock; the longest path wins, and --to is what remains (repeatable)")
}

// String implements [pflag.Value].
func (p *places) String() string { return "" }

// Type implements [pflag.Value].
func (p *places) Type() string { return "string" }

// Set implements [pflag.Value].
func (p *places) Set(text string) error {
	at, err := parsePlace(text)
	if err != nil {
		return err
	}
	for _, other := range *p {
		if strings.EqualFold(other.host, at.host) && other.prefix == at.prefix {
			return fmt.Errorf("%s and %s say the same, for %s and %s: leave one out", other.text, at.text, other.url, at.url)
		}
	}
	*p = append(*p, at)
	return nil
}

// parsePlace reads "/wiki=URL" and "www.example.org/wiki=URL".
func parsePlace(text string) (place, error) {
	where, to, ok := strings.Cut(text, "=")
	if !ok || to == "" || where == "" || strings.Contains(where, "://") {
		return place{}, errors.New("write it as /PATH=URL or HOST/PATH=URL, for example /wiki=fastcgi://127.0.0.1:9000")
	}
	host, path, ok := strings.Cut(where, "/")
	if !ok {
		return place{}, fmt.Errorf("write it as /%s for a path, or %[1]s/ for a host", where)
	}
	at := place{text: where, host: strings.Trim(host, "[]"), url: to, prefix: strings.TrimRight("/"+path, "/")}
	switch isSix := strings.HasPrefix(host, "["); {
	case !isSix && strings.Contains(host, ":"):
		return place{}, fmt.Errorf("%s: a host is meant, without a port", host)
	case strings.ContainsAny(host, "*?"):
		return place{}, fmt.Errorf("%s: one host is meant: --route 'route-host = REGEXP ACTION' takes patterns", host)
	case strings.ContainsAny(path, "?#"):
		return place{}, fmt.Errorf("/%s: a path is meant, without a query", path)
	}
	if err := endpoint.CheckMount(at.prefix); err != nil {
		return place{}, fmt.Errorf("/%s: a path is meant as programs see it: %w", path, err)
	}
	return at, nil
}

// anyIsCGI reports whether scripts are run for some of the places.
func (p places) anyIsCGI() bool {
	return slices.ContainsFunc(p, func(at place) bool { return strings.HasPrefix(at.url, "cgi:") })
}

// mounts returns the handler that gives requests to the backends of --at, and the rest to next,
// which may be nil; and what ends them all, with endNext. After an error they have been ended.
func (cfg *serveConfig) mounts(log *slog.Logger, next protocol.Handler, endNext func()) (protocol.Handler, func(), error) {
	if cfg.at.anyIsCGI() && !cfg.noBatch {
		runInBatch(log)
	}
	var all route.Mounts
	end := endNext
	for _, at := range cfg.at {
		h, err := cfg.mounted(log, at)
		if next != nil && at.host == "" && at.prefix == "" {
			err = errors.New("it leaves nothing for --to: leave one of them out")
		}
		if err != nil {
			end()
			return nil, nil, fmt.Errorf("--at %s=%s: %w", at.text, at.url, err)
		}
		before := end
		end = func() {
			h.Close()
			before()
		}
		all = append(all, route.Mount{Host: at.host, Prefix: at.prefix, Handler: h})
	}
	if next != nil {
		all = append(all, route.Mount{Handler: next})
	}
	return all, end, nil
}

// mounted returns the handler of a backend that stands at a place.
func (cfg *serveConfig) mounted(log *slog.Logger, at place) (*endpoint.Handler, error) {
	if options, ok := strings.CutPrefix(at.url, "demo:"); ok {
		h, err := cfg.demoBackend(options, log)
		return &endpoint.Handler{Handler: retargeted(h, at.prefix)}, err
	}
	to := at.url
	if at.prefix != "" {
		if _, query, _ := strings.Cut(to, "?"); strings.HasPrefix(query, "mount=") || strings.Contains(query, "&mount=") {
			return nil, errors.New("the path says already where it stands: leave out mount=")
		}
		if hasOption(to, "mount") {
			to = withOptions(to, []string{"mount=" + at.prefix})
		}
	}
	return endpoint.NewHandler(to, &endpoint.ClientOptions{Limits: &cfg.limits, Log: log,
		Handler: func(c *endpoint.Client, _ string) protocol.Handler { return cfg.proxy(c, at.url) }})
}

// hasOption reports whether URLs of a scheme may have an option.
func hasOption(to, option string) bool {
	scheme, _, _ := strings.Cut(to, ":")
	scheme, _, _ = strings.Cut(scheme, "+")
	return slices.ContainsFunc(endpoint.Schemes(), func(s endpoint.Scheme) bool {
		return s.Name == scheme && slices.Contains(s.Options, option)
	})
}

// retargeted has h, which looks at the request's target alone, stand at prefix.
func retargeted(h protocol.Handler, prefix string) protocol.Handler {
	if prefix == "" {
		return h
	}
	return protocol.HandlerFunc(func(w protocol.ResponseWriter, r *protocol.Request) error {
		sub, err := r.At(r.Context(), prefix)
		if err != nil {
			return err
		}
		target := url.URL{Path: cmp.Or(sub.Params.Get("PATH_INFO"), "/"), RawQuery: sub.Params.Get("QUERY_STRING")}
		sub.Params.Set("REQUEST_URI", target.RequestURI())
		return h.Serve(w, sub)
	})
}
