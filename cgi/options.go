package cgi

import (
	"log/slog"
	"time"
)

// The defaults of [Client].
const (
	DefaultProcesses    = 64
	DefaultQueue        = 256
	DefaultQueueTimeout = 30 * time.Second
	DefaultReadTimeout  = 5 * time.Minute // also the FirstByteTimeout
	DefaultLingerTime   = time.Second
	DefaultKillGrace    = 5 * time.Second
	DefaultStderrRate   = 100

	maxRedirects = 10
)

// orDefault resolves an option: 0 is its default, negative none.
func orDefault[T ~int | ~int64](v, byDefault, none T) T {
	switch {
	case v == 0:
		return byDefault
	case v < 0:
		return none
	}
	return v
}

func (c *Client) totalTimeout() time.Duration { return max(c.TotalTimeout, 0) }
func (c *Client) lingerTime() time.Duration   { return orDefault(c.LingerTime, DefaultLingerTime, 0) }
func (c *Client) killGrace() time.Duration    { return orDefault(c.KillGrace, DefaultKillGrace, 0) }
func (c *Client) stderrRate() int             { return orDefault(c.StderrRate, DefaultStderrRate, -1) }

// readTimeout is how long a read of the output may take; 0 is for ever.
func (c *Client) readTimeout(seen bool) time.Duration {
	if seen {
		return orDefault(c.ReadTimeout, DefaultReadTimeout, 0)
	}
	return orDefault(c.FirstByteTimeout, DefaultReadTimeout, 0)
}

func (c *Client) passEnv() []string {
	if c.PassEnv == nil {
		return defaultPassEnv
	}
	return c.PassEnv
}

func (c *Client) log() *slog.Logger {
	if c.Log == nil {
		return slog.Default()
	}
	return c.Log
}

func (c *Client) forkExec() forkExec {
	if c.fork == nil {
		return systemFork
	}
	return c.fork
}
