package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/signal"
	"syscall"

	"github.com/spf13/cobra"

	"github.com/postern-gateway/postern/gateway/endpoint"
	"github.com/postern-gateway/postern/internal/compare"
)

// serveCompared is the hidden command by which a server of the comparison is this program.
const serveCompared = "serve-compared"

func compareCommand() *cobra.Command {
	var cfg compare.Config
	var list bool
	c := &cobra.Command{
		Use:   "compare [flags]",
		Short: "Measure every protocol, and every peer that is installed, and write a report",
		Long: `Compare drives each server with the same works, alone and behind nginx, and writes what it has measured to results/DATE:
report.html (one file, for a browser, a phone or paper), report.md, the charts as SVG, and results.json.

The servers are Postern's own, over each protocol, by Unix socket and TCP, with 1 to 1,000 connections; net/http, net/http/fcgi and
net/http/cgi; and, where they are installed, libfcgi, uWSGI, gunicorn, php-fpm, fcgiwrap and nginx. What is not installed is left out,
and the report says so. Each server answers each work with the same bytes, and every answer is checked.

A figure is the median of the rounds, its spread the least and the greatest of them. Rounds are interleaved: each measures every row
once. Compare figures within one run, on a machine that does nothing else: a run waits up to a minute (with --quick five seconds) for
that, and then begins with a warning. What the machine is and how busy it was is in the report.

Of each row there are: requests/s; latencies, in a closed loop or, at a set rate, counted from when a request was due; the CPU time of
the server's processes (user and system, and that of CGI programs); their peak memory; bytes on the wire; system calls, where strace
is installed; and the allocations of servers in Go.`,
		Example: `  postern compare --quick                                    a minute, with nothing installed
  postern compare                                            the whole plan: a quarter of an hour
  postern compare --list                                     the rows of the plan
  postern compare --only '*/fastcgi-kept/unix/32/get' --rounds 9 --duration 2s
  postern compare --against results/2026-11-29               what has become slower or faster since
  postern compare --against results/2026-11-29 --results results/2026-12-24     the same of two earlier runs`,
		Args: noArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			cfg.Stdout, cfg.Progress = c.OutOrStdout(), c.ErrOrStderr()
			cfg.Version = readVersion().inCheckout(c.Context(), ownFolders()...).String()
			return runCompare(c.Context(), &cfg, list)
		},
	}
	f := c.Flags()
	f.BoolVar(&cfg.Quick, "quick", false, "only what needs nothing installed, in less than a minute")
	f.StringArrayVar(&cfg.Only, "only", nil, "only the rows whose name matches this `PATTERN`, in which * is any text (repeatable)")
	f.IntVar(&cfg.Rounds, "rounds", 0, "how often each row is measured (default 3, with --quick 2)")
	durationFlag(f, &cfg.Duration, "duration", 0, "of each measurement (default 450ms, with --quick 250ms)")
	f.BoolVar(&cfg.Now, "now", false, "do not wait until the machine does nothing else")
	f.StringVar(&cfg.Out, "out", "", "the folder for the results, which must not exist (default results/DATE)")
	f.StringVar(&cfg.Against, "against", "", "print what has become slower or faster since the results in this `FOLDER`")
	f.StringVar(&cfg.Results, "results", "", "measure nothing: take the results in this `FOLDER`, for --against, or for a new report by --out")
	f.BoolVar(&list, "list", false, "print the rows of the plan, and how long they would take, and end")
	return c
}

func runCompare(ctx context.Context, cfg *compare.Config, list bool) error {
	if err := cfg.Check(); err != nil {
		return usage(err)
	}
	if list {
		return compare.List(*cfg)
	}
	self, err := os.Executable()
	if err != nil {
		return err
	}
	cfg.Self = []string{self, serveCompared}
	info, err := os.Stderr.Stat()
	cfg.Terminal = err == nil && info.Mode()&os.ModeCharDevice != 0
	ctx, stopHangup := signal.NotifyContext(ctx, syscall.SIGHUP)
	defer stopHangup()
	ctx, stop := endpoint.UntilSignal(ctx, slog.New(slog.DiscardHandler))
	defer stop()
	err = compare.Run(ctx, *cfg)
	if errors.Is(err, context.Canceled) {
		return errors.New("interrupted: nothing was written")
	}
	return err
}

// serveComparedCommand serves what its argument says, until standard input ends.
func serveComparedCommand() *cobra.Command {
	return &cobra.Command{
		Use: serveCompared, Hidden: true, Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			if err := compare.ServeChild(args[0], c.InOrStdin(), c.OutOrStdout()); err != nil {
				return fmt.Errorf("%s: %w", serveCompared, err)
			}
			return nil
		},
	}
}
