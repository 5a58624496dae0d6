package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/postern-gateway/postern/cgi"
	"github.com/postern-gateway/postern/fastcgi"
	"github.com/postern-gateway/postern/gateway"
	"github.com/postern-gateway/postern/gateway/endpoint"
	"github.com/postern-gateway/postern/protocol"
)

// A wrapConfig is fcgiwrap's command line.
type wrapConfig struct {
	stderr   bool     // -f
	children int      // -c
	socket   string   // -s
	paths    []string // -p
}

func fcgiwrapCommand() *cobra.Command {
	var cfg wrapConfig
	c := &cobra.Command{
		Use:   "fcgiwrap",
		Short: "Run CGI scripts behind FastCGI, with the command line of fcgiwrap",
		Long: `Fcgiwrap takes the place of the program of that name, with its command line: it runs the script that the front names
in SCRIPT_FILENAME, or in DOCUMENT_ROOT and SCRIPT_NAME. Without -s it serves the socket that systemd has opened (LISTEN_FDS), or
file descriptor 0, as spawn-fcgi starts it.

It is postern serve --to 'cgi:/?script-filename' with fcgiwrap's defaults: any script may be run unless -p says which; the environment
and the client's credentials are passed on; there are no time limits. What differs: a script is ended when its client has gone;
TCP admits loopback alone, or what FCGI_WEB_SERVER_ADDRS says; a script that is not there is a 404, not a 403; server and scripts
are scheduled as batch work (SCHED_BATCH), which costs less where processors are busy.

Some variables of the front are not passed on to scripts: header fields of its own connection, and what would steer a loader or
an interpreter, which is to be set in our own environment instead. They are
` + columns(protocol.WithheldNames(protocol.ToEnvironment), 100),
		Example: `  postern fcgiwrap -f -c 4 -s unix:/run/fcgiwrap.socket
  postern fcgiwrap -p /usr/lib/cgi-bin/awstats.pl -p /usr/share/gitweb/gitweb.cgi`,
		Args: noArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			if cfg.socket == "help" {
				_, err := fmt.Fprintln(c.OutOrStdout(), socketURLs)
				return err
			}
			return fcgiwrap(c.Context(), &cfg)
		},
	}
	f := c.Flags()
	f.BoolVarP(&cfg.stderr, "stderr", "f", false, "send what scripts write to standard error to the front too")
	f.IntVarP(&cfg.children, "children", "c", 1, "run this `number` of scripts at once")
	f.StringVarP(&cfg.socket, "socket", "s", "", "listen at this `socket_url` (-s help for help)")
	f.StringArrayVarP(&cfg.paths, "path", "p", nil, "run the script at this `path`, and no other (repeatable)")
	return c
}

// columns writes names in lines of that width.
func columns(names []string, width int) string {
	var b strings.Builder
	at := 0
	for i, name := range names {
		if at += len(name) + 1; at > width {
			b.WriteByte('\n')
			at = len(name) + 1
		} else if i > 0 {
			b.WriteByte(' ')
		}
		b.WriteString(name)
	}
	return b.String()
}

const socketURLs = `Valid socket URLs are:
unix:/path/to/socket for Unix sockets
tcp:dot.ted.qu.ad:port for IPv4 sockets
tcp6:[ipv6_addr]:port for IPv6 sockets`

// wrapQueue is how many requests may wait for a child. With fcgiwrap they wait in the system's
// queue of the socket.
const wrapQueue = 4096

// fcgiwrap serves until ctx ends or a signal to stop comes.
func fcgiwrap(ctx context.Context, cfg *wrapConfig) error {
	if cfg.children < 1 {
		return usage(fmt.Errorf("-c %d: at least one", cfg.children))
	}
	log := slog.New(slog.NewTextHandler(os.Stderr, nil))
	ctx, stop := endpoint.UntilSignal(ctx, log)
	defer stop()
	l, err := wrapListener(ctx, cfg.socket)
	if err != nil {
		return usage(err)
	}
	if l.Allow, err = webServerAddrs(os.Getenv("FCGI_WEB_SERVER_ADDRS")); err != nil {
		return usage(errors.Join(err, l.Close()))
	}
	runInBatch(log)
	client := wrapClient(cfg, log)
	var handler protocol.Handler = &gateway.Proxy{Backend: client}
	if cfg.stderr {
		handler = passStderr(handler)
	}
	srv := &gateway.Server{Handler: handler, Log: log, MethodOptional: true}
	return errors.Join(endpoint.Run(ctx, srv, endpoint.Grace, l), client.Close())
}

// runInBatch is for a server whose backend is scripts. One that is not let only takes more time.
func runInBatch(log *slog.Logger) {
	if err := cgi.UseBatchScheduling(); err != nil {
		log.Info("scripts do not run as batch work", "err", err)
	}
}

// passStderr passes the backend's error stream on to the front, where the front's protocol has one.
func passStderr(h protocol.Handler) protocol.Handler {
	return protocol.HandlerFunc(func(w protocol.ResponseWriter, r *protocol.Request) error {
		if out, ok := protocol.Stderr(w); ok {
			r = r.Clone(protocol.WithStderr(r.Context(), out))
		}
		return h.Serve(w, r)
	})
}

// wrapClient runs scripts as fcgiwrap does.
func wrapClient(cfg *wrapConfig, log *slog.Logger) *cgi.Client {
	c := &cgi.Client{
		Dir:       &cgi.Dir{Root: "/", ScriptFilename: true, FollowLinks: true},
		Processes: cfg.children, Queue: wrapQueue, QueueTimeout: -1, FirstByteTimeout: -1, ReadTimeout: -1,
		PassEnv: ownVariables(os.Environ()), PassAuthorization: true, MethodOptional: true, Log: log,
	}
	quote := strings.NewReplacer(`\`, `\\`, `*`, `\*`, `?`, `\?`, `[`, `\[`)
	for _, p := range cfg.paths {
		c.Dir.Allow = append(c.Dir.Allow, quote.Replace(strings.TrimPrefix(p, "/")))
	}
	return c
}

// ownVariables are the names of the variables that scripts inherit: all but those that tell of a
// request or of our own start.
func ownVariables(environ []string) []string {
	names := []string{}
	for _, pair := range environ {
		name, _, _ := strings.Cut(pair, "=")
		switch {
		case strings.HasPrefix(name, "HTTP_"), strings.HasPrefix(name, "LISTEN_"), name == "NOTIFY_SOCKET", name == "":
		default:
			names = append(names, name)
		}
	}
	return names
}

// webServerAddrs is the allow-list that the environment asks for (FastCGI section 3.2); nothing
// leaves the default.
func webServerAddrs(value string) (gateway.AllowList, error) {
	if _, err := fastcgi.ParseWebServerAddrs(value); err != nil {
		return nil, err
	}
	return gateway.ParseAllow(value)
}

// wrapListener opens the socket of -s, or takes the one that we were started with.
func wrapListener(ctx context.Context, url string) (*endpoint.Listener, error) {
	kind, addr, _ := strings.Cut(url, ":")
	switch {
	case url == "":
		return inherited(ctx)
	case kind == "unix" && addr != "":
		e, err := endpoint.Parse("fastcgi+unix:/socket")
		if err != nil {
			return nil, err
		}
		mask := umask(0)
		umask(mask)
		e.Address, e.Mode = addr, fs.FileMode(0o777&^mask)
		return e.Listen(ctx)
	case (kind == "tcp" || kind == "tcp6") && addr != "":
		return endpoint.Listen(ctx, "fastcgi://"+addr)
	}
	return nil, fmt.Errorf("-s %s: say unix:/path, tcp:address:port or tcp6:[address]:port", url)
}

// inherited is the socket that systemd has opened, or descriptor 0 (FastCGI section 2.2).
func inherited(ctx context.Context) (*endpoint.Listener, error) {
	if os.Getenv("LISTEN_PID") != strconv.Itoa(os.Getpid()) {
		l, err := endpoint.Listen(ctx, "fastcgi+fd:0")
		if err != nil {
			return nil, fmt.Errorf("there is no -s, and systemd has opened no socket: %w", err)
		}
		return l, nil
	}
	if n := os.Getenv("LISTEN_FDS"); n != "1" {
		return nil, fmt.Errorf("systemd has opened %s sockets: one is meant", n)
	}
	return endpoint.Listen(ctx, "fastcgi+fd:3")
}
