package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/spf13/cobra"

	"github.com/postern-gateway/postern/gateway"
	"github.com/postern-gateway/postern/gateway/endpoint"
	"github.com/postern-gateway/postern/internal/explore"
	"github.com/postern-gateway/postern/internal/tap"
	"github.com/postern-gateway/postern/protocol"
)

// An exploreConfig is what the command line of explore says.
type exploreConfig struct{ listen, tap, to string }

func exploreCommand() *cobra.Command {
	var cfg exploreConfig
	c := &cobra.Command{
		Use:   "explore",
		Short: "Show one request in every protocol, byte by byte, as a page for a browser",
		Long: `Explore serves an illustrated page on loopback: one request and its answer in CGI, FastCGI, SCGI, uwsgi and HTTP, side by
side. Each byte has the colour of its meaning; point at one, or move there by the arrow keys, and a card says what it is and which
section of the specification says so, while the same variable lights up in the other protocols.

Change the request and the bytes are written anew, by the same code that serves and calls everywhere else in Postern. Change a
byte, and see what the parser says. See two requests share a FastCGI connection, what nginx really sends, and what each protocol
costs. The page loads nothing from any network.

With --tap and --to it shows live traffic, too: point a front at the one, and say which backend is the other, as for postern tap.

make explore, in a clone, builds the same page as one file that needs no server.`,
		Example: `  postern explore
  postern explore --listen http://127.0.0.1:8080
  postern explore --tap fastcgi://127.0.0.1:9001 --to fastcgi://127.0.0.1:9000`,
		Args: noArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			return cfg.serve(c.Context(), c.OutOrStdout())
		},
	}
	f := c.Flags()
	f.StringVarP(&cfg.listen, "listen", "l", "http://127.0.0.1:8093", "serve the page at this `URL`")
	f.StringVar(&cfg.tap, "tap", "", "listen at this `URL` in place of a backend, and show what comes")
	f.StringVarP(&cfg.to, "to", "t", "", "the `URL` of the backend that what comes to --tap is passed on to")
	return c
}

// serve serves the page until ctx ends or a signal to stop comes.
func (cfg *exploreConfig) serve(ctx context.Context, out io.Writer) error {
	if !strings.HasPrefix(cfg.listen, "http:") && !strings.HasPrefix(cfg.listen, "http+") {
		return usage(fmt.Errorf("--listen %s: a browser speaks HTTP: say http://127.0.0.1:8093", cfg.listen))
	}
	log := slog.New(slog.NewTextHandler(os.Stderr, nil))
	var live *explore.Live
	if cfg.tap != "" || cfg.to != "" {
		live = new(explore.Live)
	}
	page, err := explore.Page(ctx, explore.Engine{Live: live != nil})
	if err != nil {
		return err
	}
	l, err := endpoint.Listen(ctx, cfg.listen)
	if err != nil {
		return usage(err)
	}
	var tapped func(context.Context) error
	if live != nil {
		if tapped, err = cfg.openTap(ctx, out, live, log); err != nil {
			l.Close()
			return usage(err)
		}
	}
	var tapping sync.WaitGroup
	defer tapping.Wait()
	ctx, stop := endpoint.UntilSignal(ctx, log)
	defer stop()
	fmt.Fprintf(out, "Open %s/ in a browser (interrupt to end)\n", l.URL())
	if live != nil {
		defer context.AfterFunc(ctx, live.Close)()
		tapping.Go(func() {
			if err := tapped(ctx); err != nil {
				log.Error("the tap has ended", "err", err)
			}
		})
	}
	srv := &gateway.Server{Handler: protocol.FromHTTP(explore.NewHandler(page, live)), Log: log}
	return endpoint.Run(ctx, srv, 5*time.Second, l)
}

// openTap opens the tap, whose messages go to live.
func (cfg *exploreConfig) openTap(ctx context.Context, out io.Writer, live *explore.Live, log *slog.Logger) (serve func(context.Context) error, err error) {
	switch {
	case cfg.tap == "":
		return nil, errors.New("--to without --tap: say where to listen, for example --tap fastcgi://127.0.0.1:9001")
	case cfg.to == "":
		return nil, errors.New("--tap without --to: say which backend what comes goes to, for example --to fastcgi://127.0.0.1:9000")
	}
	t := &tap.Tap{Grace: time.Second, Log: log}
	l, err := (&tapConfig{listen: cfg.tap, to: cfg.to}).open(ctx, t)
	if err != nil {
		return nil, err
	}
	tracers, err := endpoint.Tracers(l.Protocol())
	if err != nil {
		l.Close()
		return nil, err
	}
	d := &tap.Decoder{Tracers: tracers, Emit: func(m *tap.Message) {
		if m.Kind == tap.Data || m.Kind == tap.Undecoded {
			live.Tell(m.Conn.ID, m.Protocol, m.Side, m.Message)
		}
	}}
	t.Observe = d.Add
	fmt.Fprintf(out, "Point a front at %s: what comes goes on to %s, and is shown\n", l.URL(), cfg.to)
	return func(ctx context.Context) error { return t.Serve(ctx, l) }, nil
}
