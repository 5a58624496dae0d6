package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"github.com/postern-gateway/postern/gateway/endpoint"
	"github.com/postern-gateway/postern/internal/tap"
)

// A tapConfig is the command line of tap.
type tapConfig struct {
	listen, to string
	view       viewConfig
	grace      time.Duration
	log        logConfig
}

func tapCommand() *cobra.Command {
	var cfg tapConfig
	c := &cobra.Command{
		Use:   "tap --listen URL --to URL",
		Short: "Show what a front and a backend say to each other",
		Long: `Tap listens at --listen in place of a backend, passes all that comes on to the backend --to, byte for byte, and prints the
conversation, decoded, as it happens. The front is pointed at the tap, the backend is left as it is.

Each line has the time, the connection's number, and what was said by the front (>) or by the backend (<), or happened
to the connection (*). Bytes that are not of the protocol are passed on all the same, and shown as undecoded.

` + viewHelp,
		Example: `  nginx in front of php-fpm: let nginx say fastcgi_pass 127.0.0.1:9001; and run
    postern tap --listen fastcgi://127.0.0.1:9001 --to fastcgi+unix:/run/php/php-fpm.sock
  the same, only requests for the wiki, every byte of them:
    postern tap --listen fastcgi://127.0.0.1:9001 --to fastcgi+unix:/run/php/php-fpm.sock --match 'REQUEST_URI=/wiki*' --wire`,
		Args: noArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			return runTap(c.Context(), c.OutOrStdout(), c.ErrOrStderr(), &cfg)
		},
	}
	f := c.Flags()
	f.StringVarP(&cfg.listen, "listen", "l", "", "listen at this `URL`: fastcgi, scgi, uwsgi, http, or auto")
	f.StringVarP(&cfg.to, "to", "t", "", "pass on to the backend at this `URL`, of the same protocol")
	durationFlag(f, &cfg.grace, "grace", time.Second, "after SIGTERM or SIGINT, how long open connections may go on, or none", forever)
	cfg.view.addFlags(f)
	cfg.log.addFlags(f)
	return c
}

// runTap passes connections on until ctx ends, a signal to stop comes, or nothing can be printed.
func runTap(ctx context.Context, out, errs io.Writer, cfg *tapConfig) error {
	log, err := cfg.log.open(errs)
	if err != nil {
		return usage(err)
	}
	ctx, stop := endpoint.UntilSignal(ctx, log)
	defer stop()
	signal.Ignore(syscall.SIGPIPE) // when nobody reads what is printed connections have their grace
	ctx, failed := context.WithCancelCause(ctx)
	defer failed(nil)
	t := &tap.Tap{Grace: cfg.grace, Log: log}
	l, err := cfg.open(ctx, t)
	if err != nil {
		return usage(err)
	}
	tracers, err := endpoint.Tracers(l.Protocol())
	if err != nil {
		l.Close()
		return usage(err)
	}
	view, err := cfg.view.open(out, tracers)
	if err == nil {
		backend, _, _ := strings.Cut(cfg.to, ":")
		err = view.record(ctx, cfg.view.pcap, strings.TrimSuffix(backend, "+unix"), log)
	}
	if err != nil {
		l.Close()
		if ctx.Err() != nil { // nobody has read the pipe so far
			return nil
		}
		return usage(err)
	}
	fmt.Fprintln(errs, "listening on "+l.URL()+", passing on to "+cfg.to)
	t.Observe = view.observe
	t.Flush = func() {
		if err := view.flush(log); err != nil {
			failed(err)
		}
	}
	err = t.Serve(ctx, l)
	if cause := context.Cause(ctx); err == nil && !errors.Is(cause, context.Canceled) {
		err = cause
	}
	if cerr := view.close(); err == nil {
		err = cerr
	}
	return err
}

// open opens the listener, and has t connect to the backend.
func (cfg *tapConfig) open(ctx context.Context, t *tap.Tap) (*endpoint.Listener, error) {
	switch {
	case cfg.listen == "":
		return nil, errors.New("nothing to listen at: say --listen URL, for example --listen fastcgi://127.0.0.1:9001")
	case cfg.to == "":
		return nil, errors.New("no backend: say --to URL, for example --to fastcgi://127.0.0.1:9000")
	}
	front, err := endpoint.Parse(cfg.listen)
	if err != nil {
		return nil, err
	}
	back, err := endpoint.Parse(cfg.to)
	if err != nil {
		return nil, err
	}
	switch {
	case back.LeadsTo(front):
		return nil, fmt.Errorf("--to %s is where --listen %s listens: the tap would connect to itself", cfg.to, cfg.listen)
	case front.Protocol != "auto" && front.Protocol != back.Protocol:
		return nil, fmt.Errorf("--listen has %s and --to has %s: bytes are passed on as they are; postern serve translates", front.Protocol, back.Protocol)
	}
	if t.Dial, err = back.Dialer(); err != nil {
		return nil, err
	}
	l, err := front.Listen(ctx)
	if err != nil {
		return nil, err
	}
	t.Admits = l.Allow.Admits
	return l, nil
}
