package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/postern-gateway/postern/gateway/endpoint"
	"github.com/postern-gateway/postern/internal/fetch"
	"github.com/postern-gateway/postern/internal/probe"
)

const probeLong = `Probe asks a backend whether it is well, and says so in one line: exit status 0 if it is, 1 if it is not, 2 for bad usage.

What is asked by default has no effect on the application:
  fastcgi   GET_VALUES, a question to the server itself: php-fpm and Postern answer it, uWSGI, fcgiwrap and libfcgi do not,
            so that they want a path in the URL, or --connect
  uwsgi     uwsgi's ping: uWSGI and Postern answer it
  scgi      a connection, no more: SCGI has no such question, so that nothing is known of the application
  http      GET /, and any status below 400 is well
  A URL with a path has that path asked for by GET; over FastCGI the path is SCRIPT_FILENAME, too, unless --script says another.
  What follows a ? in a URL without a path are options of the backend, as in 'fastcgis://HOST:PORT?ca=FILE'; else --option has them.

Of php-fpm --ping asks for the page of ping.path, and --status-page for that of pm.status_path, whose figures may have bounds.
Both take a child as a request does, so that they fail in time when all are busy. GET_VALUES takes a child, too.`

const probeExample = `  is php-fpm there?
    postern probe fastcgi+unix:/run/php/php-fpm.sock
  as a health check of a container, with ping.path = /ping:
    HEALTHCHECK CMD postern probe fastcgi://127.0.0.1:9000 --ping /ping
  no more than 5 connections wait, with pm.status_path = /status:
    postern probe fastcgi+unix:/run/php/php-fpm.sock --status-page /status --max-listen-queue 5
  uWSGI, and an application by SCGI:
    postern probe uwsgi://127.0.0.1:3031
    postern probe scgi+unix:/run/app.sock:/healthz --expect ok
  a server of HTTP, for a program:
    postern probe http://127.0.0.1:8080/healthz --status 200 --json`

// A probeConfig is the command line of probe.
type probeConfig struct {
	probe.Config
	json bool
}

func probeCommand() *cobra.Command {
	cfg := probeConfig{Config: probe.Config{Timeout: probe.DefaultTimeout}}
	c := &cobra.Command{
		Use:               "probe [flags] URL",
		Short:             "Say whether a backend is well, for health checks",
		Long:              probeLong,
		Example:           probeExample,
		ValidArgsFunction: oneURL(func(s endpoint.Scheme) bool { return s.Calls && !s.IsPath }),
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) != 1 {
				return usage(fmt.Errorf("%d URLs: say postern probe URL, for example postern probe fastcgi+unix:/run/php/php-fpm.sock", len(args)))
			}
			return nil
		},
		RunE: func(c *cobra.Command, args []string) error {
			cfg.URL = args[0]
			return cfg.run(c.Context(), c.OutOrStdout())
		},
	}
	cfg.addFlags(c.Flags())
	return c
}

func (cfg *probeConfig) addFlags(f *pflag.FlagSet) {
	f.SortFlags = false
	durationFlag(f, &cfg.Timeout, "timeout", probe.DefaultTimeout, "for all: seconds, or a duration such as 500ms, or none", 0)
	f.StringVar(&cfg.Ping, "ping", "", "ask for the ping page at this `path`, and expect pong")
	f.StringVar(&cfg.Expect, "expect", "", "the answer's body is to be this `text`, but for spaces around it")
	f.IntVar(&cfg.Status, "status", 0, "the answer's status is to be this `code` (0: any below 400)")
	f.StringVar(&cfg.Script, "script", "", "the `FILE` that runs for the URL's path: SCRIPT_FILENAME")
	f.StringVar(&cfg.StatusPage, "status-page", "", "ask for php-fpm's status page at this `path`")
	for _, b := range []struct {
		name, usage string
		to          **int64
	}{
		{"max-listen-queue", "of the status page: at most `N` connections wait", &cfg.Bounds.MaxListenQueue},
		{"max-active", "at most `N` children serve a request", &cfg.Bounds.MaxActive},
		{"min-idle", "at least `N` children serve none", &cfg.Bounds.MinIdle},
		{"max-children-reached", "pm.max_children was reached at most `N` times", &cfg.Bounds.MaxChildrenReached},
		{"max-slow", "at most `N` requests were slow", &cfg.Bounds.MaxSlow},
	} {
		f.Var(boundFlag{b.to}, b.name, b.usage)
	}
	f.BoolVar(&cfg.ConnectOnly, "connect", false, "connect, and ask nothing")
	f.StringArrayVar(&cfg.Options, "option", nil, "set this `name=value` of the backend, as serve --option does (repeatable)")
	f.BoolVar(&cfg.json, "json", false, `print a line of JSON: {"ok":true,"url":...,"check":...,"ms":1.2,"facts":{...}}, and "error" where it is not well`)
}

// run asks, and prints what it has found.
func (cfg *probeConfig) run(ctx context.Context, out io.Writer) error {
	if cfg.Timeout < 0 {
		return usage(errors.New("--timeout is not negative: say none for no limit"))
	}
	ctx, stop := untilInterrupt(ctx)
	defer stop()
	r, err := probe.Run(ctx, &cfg.Config)
	if err != nil {
		return usage(err)
	}
	if cfg.json {
		err = json.NewEncoder(out).Encode(r)
	} else {
		_, err = fmt.Fprintln(out, r)
	}
	if err == nil && !r.OK {
		err = &fetch.Error{Code: 1} // the line has said why
	}
	return err
}

// A boundFlag sets a bound.
type boundFlag struct{ to **int64 }

// Set implements [pflag.Value].
func (b boundFlag) Set(text string) error {
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil || n < 0 {
		return errors.New("a number is meant")
	}
	*b.to = probe.At(n)
	return nil
}

func (b boundFlag) String() string {
	if b.to == nil || *b.to == nil {
		return ""
	}
	return strconv.FormatInt(**b.to, 10)
}

// Type implements [pflag.Value].
func (boundFlag) Type() string { return "N" }
