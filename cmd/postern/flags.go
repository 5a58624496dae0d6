package main

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math"
	"time"

	"github.com/spf13/pflag"

	"github.com/postern-gateway/postern/protocol"
)

// noLimit is what the fields of [protocol.Limits] have where there is no limit; 0 is the default.
const noLimit = -1

// addLimits adds a flag for each limit that a deployment may want to change.
func addLimits(f *pflag.FlagSet, l *protocol.Limits) {
	sizeFlag(f, &l.ParamBytes, "max-param-bytes", protocol.DefaultParamBytes, "names and values of a request's variables, in bytes, or none", noLimit)
	countFlag(f, &l.ParamCount, "max-params", protocol.DefaultParamCount, "variables of a request, or none", noLimit)
	sizeFlag(f, &l.Body, "max-body", noLimit, "a request's body, in bytes, as in 10M, or none", noLimit)
	sizeFlag(f, &l.Spool, "max-spool", protocol.DefaultSpool, "of a body that must be taken in before it is read, in a temporary file, in bytes, or none", noLimit)
	countFlag(f, &l.Requests, "max-requests", protocol.DefaultRequests, "requests that one FastCGI connection may have open at once, or none", noLimit)
	sizeFlag(f, &l.ConnMemory, "max-conn-memory", protocol.DefaultConnMemory, "of all requests of one FastCGI connection, in memory, and of large heads of one by HTTP/2, in bytes, or none", noLimit)
	sizeFlag(f, &l.ConnSpool, "max-conn-spool", protocol.DefaultConnSpool, "of their bodies, in temporary files, in bytes, or none", noLimit)
	countFlag(f, &l.ConnFiles, "max-conn-files", protocol.DefaultConnFiles, "of those files, or none", noLimit)
	sizeFlag(f, &l.TotalMemory, "max-memory", protocol.DefaultTotalMemory, "of the requests of all FastCGI connections, in memory, in bytes, or none", noLimit)
	sizeFlag(f, &l.TotalSpool, "max-total-spool", protocol.DefaultTotalSpool, "of the bodies of all connections, in temporary files, in bytes, or none", noLimit)
	countFlag(f, &l.TotalFiles, "max-total-files", protocol.DefaultTotalFiles, "of those files, or none", noLimit)
	durationFlag(f, &l.HeadTimeout, "head-timeout", protocol.DefaultHeadTimeout, "from a request's first byte to its last variable, as in 30s or 1m30s, or none", noLimit)
	durationFlag(f, &l.IdleTimeout, "idle-timeout", protocol.DefaultIdleTimeout, "between two requests of a kept connection, or none", noLimit)
	durationFlag(f, &l.BodyTimeout, "body-timeout", protocol.DefaultBodyTimeout, "without a byte of a body that is being read, or none", noLimit)
	durationFlag(f, &l.WriteTimeout, "write-timeout", protocol.DefaultWriteTimeout, "without progress of a response that is being written, or none", noLimit)
}

// forever is a grace that does not end.
const forever = time.Duration(math.MaxInt64)

// A logConfig says how to log.
type logConfig struct {
	format string
	level  slog.Level
}

func (c *logConfig) addFlags(f *pflag.FlagSet) {
	f.StringVar(&c.format, "log", "text", "the log's `format` on standard error: text or json")
	f.Var((*levelFlag)(&c.level), "log-level", "the least `level` that is logged: debug, info, warn or error")
}

// A levelFlag is --log-level.
type levelFlag slog.Level

// String implements [pflag.Value].
func (l *levelFlag) String() string { return slog.Level(*l).String() }

// Type implements [pflag.Value].
func (l *levelFlag) Type() string { return "level" }

// Set implements [pflag.Value].
func (l *levelFlag) Set(text string) error {
	if err := (*slog.Level)(l).UnmarshalText([]byte(text)); err != nil {
		return errors.New("say debug, info, warn or error")
	}
	return nil
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
