package main

import (
	"fmt"
	"io"
	"log/slog"

	"github.com/spf13/pflag"

	"github.com/postern-gateway/postern/protocol"
)

// addLimits adds a flag for each limit that a deployment may want to change. In each 0 is the
// default, negative is none.
func addLimits(f *pflag.FlagSet, l *protocol.Limits) {
	f.IntVar(&l.ParamBytes, "max-param-bytes", protocol.DefaultParamBytes, "names and values of a request's variables, in bytes (-1: no limit)")
	f.IntVar(&l.ParamCount, "max-params", protocol.DefaultParamCount, "variables of a request (-1: no limit)")
	f.Int64Var(&l.Body, "max-body", -1, "a request's body, in bytes (-1: no limit)")
	f.Int64Var(&l.Spool, "max-spool", protocol.DefaultSpool, "of a body that must be taken in before it is read, in a temporary file, in bytes (-1: no limit)")
	f.IntVar(&l.Requests, "max-requests", protocol.DefaultRequests, "requests that one FastCGI connection may have open at once (-1: no limit)")
	f.IntVar(&l.ConnMemory, "max-conn-memory", protocol.DefaultConnMemory, "of all requests of one FastCGI connection, in memory, in bytes (-1: no limit)")
	f.Int64Var(&l.ConnSpool, "max-conn-spool", protocol.DefaultConnSpool, "of their bodies, in temporary files, in bytes (-1: no limit)")
	f.IntVar(&l.ConnFiles, "max-conn-files", protocol.DefaultConnFiles, "of those files (-1: no limit)")
	f.Int64Var(&l.TotalMemory, "max-memory", protocol.DefaultTotalMemory, "of the requests of all FastCGI connections, in memory, in bytes (-1: no limit)")
	f.Int64Var(&l.TotalSpool, "max-total-spool", protocol.DefaultTotalSpool, "of the bodies of all connections, in temporary files, in bytes (-1: no limit)")
	f.IntVar(&l.TotalFiles, "max-total-files", protocol.DefaultTotalFiles, "of those files (-1: no limit)")
	f.DurationVar(&l.HeadTimeout, "head-timeout", protocol.DefaultHeadTimeout, "from a request's first byte to its last variable (-1ns: no limit)")
	f.DurationVar(&l.IdleTimeout, "idle-timeout", protocol.DefaultIdleTimeout, "between two requests of a kept connection")
	f.DurationVar(&l.BodyTimeout, "body-timeout", protocol.DefaultBodyTimeout, "without a byte of a body that is being read")
	f.DurationVar(&l.WriteTimeout, "write-timeout", protocol.DefaultWriteTimeout, "without progress of a response that is being written")
}

// A logConfig says how to log.
type logConfig struct {
	format string
	level  slog.Level
}

func (c *logConfig) addFlags(f *pflag.FlagSet) {
	f.StringVar(&c.format, "log", "text", "the log's `format` on standard error: text or json")
	f.TextVar(&c.level, "log-level", slog.LevelInfo, "the least `level` that is logged: debug, info, warn or error")
}

func (c *logConfig) open(w io.Writer) (*slog.Logger, error) {
	opts := &slog.HandlerOptions{Level: c.level}
	switch c.format {
	case "text":
		return slog.New(slog.NewTextHandler(w, opts)), nil
	case "json":
		return slog.New(slog.NewJSONHandler(w, opts)), nil
	}
	return nil, fmt.Errorf("--log %s: say text or json", c.format)
}
