package protocol

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
)

// report logs what went wrong with a request: our own and the handler's failures as errors, the
// peer's (and what else is not answered as a server's failure) as warnings, a client that left as
// information, and what is routine for debugging.
func (l *Loop) report(ctx context.Context, own *lines, r *Request, err error) {
	if errors.Is(err, http.ErrAbortHandler) {
		return
	}
	log := l.log()
	level := slog.LevelError
	switch {
	case isRoutine(err):
		level = slog.LevelDebug
	case errors.Is(err, ErrAborted):
		level = slog.LevelInfo
	case errors.Is(err, ErrUnsupported), Status(err) < http.StatusInternalServerError:
		level = slog.LevelWarn
	}
	if !log.Enabled(ctx, level) {
		return
	}
	ok, unlogged := l.allow(own, level)
	if !ok {
		return
	}
	if r.web != nil {
		r.web.build()
	}
	attrs := []slog.Attr{slog.Any("err", err)}
	if r.Protocol != "" {
		attrs = append(attrs, slog.String("protocol", r.Protocol))
	}
	if client := r.Params.Get("REMOTE_ADDR"); client != "" {
		attrs = append(attrs, slog.String("client", client))
	}
	// a Unix socket's peer has no name
	if r.Peer != nil && r.Peer.String() != "" && r.Peer.String() != "@" {
		attrs = append(attrs, slog.String("peer", r.Peer.String()))
	}
	if len(r.Params) > 0 {
		attrs = append(attrs, slog.String("method", r.Method()), slog.String("uri", r.RequestURI()))
	}
	if p, ok := errors.AsType[*PanicError](err); ok {
		attrs = append(attrs, slog.String("stack", string(p.Stack)))
	}
	if unlogged > 0 {
		attrs = append(attrs, slog.Int("unlogged", unlogged))
	}
	log.LogAttrs(ctx, level, "request failed", attrs...)
}

// isRoutine reports whether err says so: see [Error.Routine].
func isRoutine(err error) bool {
	e, ok := errors.AsType[*Error](err)
	return ok && e.Routine
}
