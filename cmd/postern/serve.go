package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/url"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/postern-gateway/postern/gateway"
	"github.com/postern-gateway/postern/gateway/endpoint"
	"github.com/postern-gateway/postern/internal/demo"
	"github.com/postern-gateway/postern/protocol"
	"github.com/postern-gateway/postern/uwsgi"
	"github.com/postern-gateway/postern/uwsgi/rpc"
)

// A serveConfig is what the command line of serve says.
type serveConfig struct {
	listen    []string
	upstreams upstreamConfig
	options   []string // of its backends
	limits    protocol.Limits
	maxConns  int
	log       logConfig
	grace     time.Duration
	timeout   time.Duration
	duplex    bool
	stderr    bool
	noBatch   bool
	rules     ruleTexts
	site      siteConfig
	at        places

	functions *rpc.Registry // that the backend has; nil: none
}

func serveCommand() *cobra.Command {
	var cfg serveConfig
	c := &cobra.Command{
		Use:   "serve --listen URL... --to URL... | --root DIRECTORY",
		Short: "Serve a backend over any of the protocols, on any number of listeners",
		Long: `Serve listens at each --listen URL and sends what comes to the backend --to, or to one of several.

Listen at:
  fastcgi://127.0.0.1:9000  scgi://...  uwsgi://...  http://...   a protocol on TCP (every interface: fastcgi://:9000)
  'https://:8443?cert=site.pem&key=site.key'                   over TLS, with HTTP/2; fastcgis:// scgis:// uwsgis:// likewise;
                                                               client-ca=FILE requires clients' certificates
  auto://127.0.0.1:9000                                        any of them, told apart by a connection's first bytes
  'fastcgi+unix:/run/postern.sock?mode=0660&owner=www-data'    on a Unix socket
  fastcgi+fd:3                                                 on a socket that systemd has opened
  'fastcgi://:9000?allow=10.0.0.0/8,::1'                       who may connect by TCP: loopback unless it is said; allow=* for all

A shell takes ? and & for its own: quote a URL that has one. allow= takes networks and addresses, not names.

Send to:
  demo:                  a built-in backend that helps to check a front: /vars /echo /bytes?n=N /sleep?ms=N /stream?n=N&ms=M
                         /status?code=N /panic /ws ('demo:?handler=http' is the same as a net/http handler); with 'demo:?rpc=1' the
                         uwsgi listeners have functions, too, for postern rpc and uWSGI: hello, echo, count, big N, empty, fail,
                         panic, sleep MS
  cgi:/usr/lib/cgi-bin/  a tree of CGI scripts (with the slash), cgi:FILE one script for every request
  files:/srv/www/        the files of a directory tree; 'files:/srv/www/?listing=1' also lists directories
  'php:/srv/wiki/?fpm=fastcgi+unix:/run/php/php-fpm.sock'   a site of PHP scripts, as --root and --php below, also for --route
  fastcgi+unix:/run/php/php-fpm.sock, uwsgi://..., scgi://..., http://...   another server; with x-sendfile=DIR in its URL it
                         may name a file below DIR for its answer by X-Sendfile, with x-accel-redirect=/PATH=DIR as for nginx
` + upstreamHelp + `
Or serve a site, without a web server before it:
  --root /srv/wiki --php fastcgi+unix:/run/php/php-fpm.sock   its files, and its PHP scripts by php-fpm; without --php files alone
  --try FILE,FILE/,/index.php   what is looked for, as by nginx's try_files; /index.php?q=PATH gives the path, =404 ends (FILE,FILE/)
  --index index.php,index.html  what stands for a directory
  --deny /data/,/conf/,*.sql    paths below the root that are never served, and names; nor is what begins with a dot
  --php-root /var/www           where php-fpm sees the root, as in a container
  --follow-links                also where links lead out of the root, as in the trees of Debian's packages

Several backends, by path and by host: --at; the path is SCRIPT_NAME then. --to is what remains, 404 without it.

  --at /wiki=fastcgi+unix:/run/wiki.sock --at static.example.org/=files:/srv/static/

Rules before it, --route and --routes, are those of uWSGI's internal routing: a condition and an action, tried in order.

  --route '^/foo rpc:hello ${REQUEST_URI} ${REMOTE_ADDR}'   a function of this process answers
  --route '^/multi rpcnext:part1@192.168.173.100:3031'      that of a uwsgi server adds to the answer
  --route 'route-if = equal:${REQUEST_METHOD};TRACE break:405 Method Not Allowed'
  --route '^/php/ fastcgi+unix:/run/php/php-fpm.sock'       another backend; uwsgi: scgi: http: cgi: files: likewise

postern route --help teaches them all, and postern route check says which of them a request meets.`,
		Example: `  postern serve --listen fastcgi://127.0.0.1:9000 --to demo:
  postern serve --listen 'fastcgi+unix:/run/postern.sock?mode=0660' --to cgi:/usr/lib/cgi-bin/
  postern serve --listen http://127.0.0.1:8080 --root /srv/wiki --php fastcgi+unix:/run/php/php-fpm.sock --deny /data/,/conf/,/bin/,/inc/
  postern serve --listen http://127.0.0.1:8080 --listen uwsgi://127.0.0.1:3031 --to fastcgi://127.0.0.1:9000
  postern serve --listen http://127.0.0.1:8080 --to 'http://10.0.0.1:8000?weight=2' --to http://10.0.0.2:8000`,
		Args: noArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			return serve(c.Context(), c.OutOrStdout(), &cfg)
		},
	}
	f := c.Flags()
	f.StringArrayVarP(&cfg.listen, "listen", "l", nil, "listen at this `URL` (repeatable)")
	cfg.upstreams.addFlags(f)
	f.StringArrayVarP(&cfg.options, "option", "o", nil, "set this `name=value` of each backend, as --to URL?name=value does, without the URL's escapes (repeatable)")
	countFlag(f, &cfg.maxConns, "max-conns", 0, "connections of all listeners together, or none; beyond it accepting waits", 0)
	durationFlag(f, &cfg.grace, "grace", 30*time.Second, "after SIGTERM or SIGINT, how long requests that are being served may take to end, or none", forever)
	durationFlag(f, &cfg.timeout, "response-timeout", 0, "until the backend's response begins, or none", 0)
	f.BoolVar(&cfg.duplex, "full-duplex", false, "pass a response on while the request's body is still coming, where the front is known to take that")
	f.BoolVar(&cfg.stderr, "stderr", false, "send what CGI scripts and FastCGI backends write to standard error to the front too, over FastCGI")
	f.BoolVar(&cfg.noBatch, "no-batch", false, "with --to cgi: leave the process in the usual scheduling class, not in that of batch work (SCHED_BATCH)")
	cfg.site.addFlags(f)
	cfg.rules.addFlags(f)
	cfg.at.addFlags(f)
	addLimits(f, &cfg.limits)
	cfg.log.addFlags(f)
	return c
}

// serve serves until ctx ends, a signal to stop comes, or a listener fails.
func serve(ctx context.Context, out io.Writer, cfg *serveConfig) error {
	siteErr := cfg.site.check(strings.Join(cfg.upstreams.to, ", "))
	switch {
	case len(cfg.listen) == 0:
		return usage(errors.New("nothing to listen at: say --listen URL, for example --listen fastcgi://127.0.0.1:9000"))
	case siteErr != nil:
		return usage(siteErr)
	case len(cfg.upstreams.to) == 0 && cfg.site.root == "" && len(cfg.rules) == 0 && len(cfg.at) == 0:
		return usage(errors.New("no backend: say --to URL, or --root DIRECTORY for a site; --to demo: is a built-in one"))
	}
	if err := cfg.checkLoop(); err != nil {
		return usage(err)
	}
	log, err := cfg.log.open(os.Stderr)
	if err != nil {
		return usage(err)
	}
	if err := cfg.rules.read(); err != nil {
		return usage(err)
	}
	ctx, stop := endpoint.UntilSignal(ctx, log)
	defer stop()
	handler, end, err := cfg.handler(log)
	if err != nil {
		return usage(err)
	}
	defer end()
	if cfg.upstreams.allCGI() && !cfg.noBatch {
		runInBatch(log)
	}
	ls, err := openAll(ctx, cfg.listen)
	if err != nil {
		return usage(err)
	}
	for _, l := range ls {
		if cfg.functions != nil {
			l.UWSGI.Kinds = map[uwsgi.Modifier]uwsgi.Kind{uwsgi.ModifierRPC: cfg.functions}
		}
		fmt.Fprintln(out, "listening on "+l.URL())
	}
	srv := &gateway.Server{Handler: handler, Limits: &cfg.limits, Log: log, MaxConns: cfg.maxConns}
	return endpoint.Run(ctx, srv, cfg.grace, ls...)
}

// openAll opens every listener, or none.
func openAll(ctx context.Context, urls []string) (ls []*endpoint.Listener, err error) {
	for _, url := range urls {
		l, err := endpoint.Listen(ctx, url)
		if err != nil {
			for _, l := range ls {
				l.Close()
			}
			return nil, err
		}
		ls = append(ls, l)
	}
	return ls, nil
}

// handler returns the handler of the backend, with the rules before it, and what ends it.
func (cfg *serveConfig) handler(log *slog.Logger) (protocol.Handler, func(), error) {
	h, end, err := cfg.backend(log)
	if err == nil && len(cfg.at) > 0 {
		h, end, err = cfg.mounts(log, h, end)
	}
	if err != nil || len(cfg.rules) == 0 {
		return h, end, err
	}
	table, endRules, err := cfg.table(log, h)
	ends := func() {
		endRules()
		end()
	}
	if err != nil {
		ends()
	}
	return table, ends, err
}

// backend returns the handler that --to names, nil without one, and what ends it.
func (cfg *serveConfig) backend(log *slog.Logger) (protocol.Handler, func(), error) {
	switch {
	case cfg.site.root != "":
		return cfg.site.handler(cfg, log)
	case len(cfg.upstreams.to) == 0:
		return nil, func() {}, nil
	}
	if cfg.several() {
		return cfg.balanced(log)
	}
	to := cfg.upstreams.to[0]
	if options, ok := strings.CutPrefix(withOptions(to, cfg.options), "demo:"); ok {
		h, err := cfg.demoBackend(options, log)
		return h, func() {}, err
	}
	h, err := endpoint.NewHandler(withOptions(to, cfg.options), &endpoint.ClientOptions{Limits: &cfg.limits, Log: log,
		Handler: func(c *endpoint.Client, _ string) protocol.Handler { return cfg.proxy(c, to) }})
	if err != nil {
		return nil, nil, err
	}
	return h, func() { h.Close() }, nil
}

// proxy sends requests on to a backend.
func (cfg *serveConfig) proxy(client *endpoint.Client, url string) protocol.Handler {
	var handler protocol.Handler = &gateway.Proxy{Backend: client, Name: url, ResponseTimeout: cfg.timeout, FullDuplex: cfg.duplex}
	if cfg.stderr {
		handler = passStderr(handler)
	}
	return handler
}

// withOptions adds options, "name=value", to a URL.
func withOptions(to string, options []string) string {
	sep := "?"
	if strings.Contains(to, "?") {
		sep = "&"
	}
	for _, o := range options {
		name, value, _ := strings.Cut(o, "=")
		to += sep + name + "=" + url.QueryEscape(value)
		sep = "&"
	}
	return to
}

func (cfg *serveConfig) demoBackend(options string, log *slog.Logger) (protocol.Handler, error) {
	handler := demo.Native()
	for option := range strings.SplitSeq(strings.TrimPrefix(options, "?"), "&") {
		switch option {
		case "", "handler=native":
		case "handler=http":
			handler = protocol.FromHTTP(demo.HTTP())
		case "rpc=1":
			cfg.functions = demo.RPC()
			cfg.functions.Log = log
		default:
			return nil, fmt.Errorf("demo:%s: write demo: or demo:?handler=http, or demo:?rpc=1 for functions to call", options)
		}
	}
	return handler, nil
}
