package endpoint

import (
	"log/slog"
	"strings"

	"github.com/postern-gateway/postern/fastcgi"
	"github.com/postern-gateway/postern/gateway"
	"github.com/postern-gateway/postern/internal/ratelimit"
	"github.com/postern-gateway/postern/protocol"
)

func serveFastCGI(s *gateway.Server, l *Listener) error {
	return s.Serve(l.Listener, fastcgi.Protocol{MaxConns: s.MaxConns, WebServerAddrs: l.webServerAddrs})
}

func newFastCGI(e *Endpoint, o *ClientOptions, d *dialer) (*Client, error) {
	l, err := e.connLimits()
	if err != nil {
		return nil, err
	}
	mux, err := e.number("mux", 0)
	if err != nil {
		return nil, err
	}
	if l.idle != 0 {
		o.Limits.IdleTimeout = l.idle // of our own copy
	}
	resend, ok := e.last("resend")
	c := &fastcgi.Client{Dial: d.dial, Limits: o.Limits, Log: o.Log, MaxIdle: max(l.maxIdle, 0), MaxOpen: l.maxOpen, MaxAge: l.maxAge,
		MaxRequests: l.maxRequests, Multiplex: mux, Resend: ok && isTrue(resend), Stderr: stderrTo(o.Log)}
	return keeping(c), nil
}

// stderrTo writes what a backend writes to its error stream to a log, a line at a time, and to the
// front's where that is wanted.
func stderrTo(log *slog.Logger) func(r *protocol.Request, text []byte) {
	lines := new(ratelimit.Limiter)
	return func(r *protocol.Request, text []byte) {
		if w := protocol.ContextStderr(r.Context()); w != nil {
			w.Write(text)
		}
		for line := range strings.Lines(string(text)) {
			if line = strings.TrimRight(line, "\r\n"); line != "" {
				lines.Log(log, ratelimit.Many, slog.LevelWarn, "fastcgi: stderr", slog.String("request", r.Method()+" "+r.RequestURI()), slog.String("line", line))
			}
		}
	}
}
