package gateway

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"runtime/debug"
	"syscall"

	"github.com/postern-gateway/postern/internal/netio"
	"github.com/postern-gateway/postern/internal/throttle"
	"github.com/postern-gateway/postern/protocol"
)

// guarded returns c as a protocol.Conn that can what its inner one can.
func (c *conn) guarded() protocol.Conn {
	switch c.inner.(type) {
	case protocol.Multiplexer:
		return multiplexed{c}
	case protocol.Watcher:
		return watched{c}
	}
	return c
}

// Next implements [protocol.Conn]. Once the server is closing it gives the first request, and those
// that have come by the end of the one before; when first requests are late, no other: so a
// connection ends also where requests come without a pause.
func (c *conn) Next(ctx context.Context) (*protocol.Request, protocol.Encoder, error) {
	if c.srv.run.closing.Load() && c.given.Load() && (c.srv.run.late.Load() || closeInner(c.inner)) {
		return nil, nil, io.EOF
	}
	c.turns.Add(1)
	r, enc, err := c.inner.Next(ctx)
	if noRequest(err) {
		c.broken.Store(true)
	}
	if enc == nil {
		c.ended()
	} else {
		c.given.Store(true)
	}
	return r, enc, err
}

// closeInner closes a connection if it is idle, as its protocol sees it.
func closeInner(inner protocol.Conn) bool {
	idler, ok := inner.(protocol.Idler)
	return ok && idler.CloseIdle()
}

// Close implements [protocol.Conn]. A parked connection goes on.
func (c *conn) Close() error {
	if c.parked {
		return nil
	}
	if c.broken.Load() {
		throttle.End()
	}
	return c.inner.Close()
}

type multiplexed struct{ *conn }

func (c multiplexed) Multiplex(more func()) { c.inner.(protocol.Multiplexer).Multiplex(more) }

// TellRefused implements [protocol.Refuser] where the inner one does.
func (c multiplexed) TellRefused(tell func(*protocol.Request, int, error)) {
	if r, ok := c.inner.(protocol.Refuser); ok {
		r.TellRefused(tell)
	}
}

type watched struct{ *conn }

func (c watched) Watch(gone func(error)) func() { return c.inner.(protocol.Watcher).Watch(gone) }

// closeIdle closes the connection if no request is being read or served on it. One that has had
// none yet gets the time for it.
func (c *conn) closeIdle() {
	c.mu.Lock()
	inner, web, begun, parked := c.inner, c.web, c.begun, c.rest != nil
	c.mu.Unlock()
	late := c.srv.run.late.Load()
	switch {
	case parked:
		if !c.pending() {
			c.expire()
		}
	case web != nil:
		web.closeIdle(late)
	case inner != nil:
		if late || c.given.Load() {
			closeInner(inner)
		}
	case (late || c.given.Load()) && !begun && !c.pending():
		c.net.Close()
	}
}

// pending reports whether the system has input for c that nobody has read.
func (c *conn) pending() bool {
	sc, ok := c.net.(syscall.Conn)
	if !ok {
		return false
	}
	raw, err := sc.SyscallConn()
	return err == nil && netio.Pending(raw)
}

// cut closes the connection at once, on TCP by a reset: an end would pass for the end of a whole
// response.
func (c *conn) cut() {
	c.closeIdle()
	c.cutting.Store(true)
	netio.ResetOnClose(c.net)
	c.net.Close()
	c.expire() // the system does not tell of what is closed; what is parked from now on finds it so
}

// contain keeps a panic of a protocol's own code to its connection.
func (c *conn) contain() {
	if v := recover(); v != nil {
		c.net.Close()
		c.srv.run.log.LogAttrs(c.srv.run.ctx, slog.LevelError, "connection failed", slog.String("err", fmt.Sprint("panic: ", v)),
			slog.String("listener", c.listener.name), slog.String("peer", peerName(c.net)), slog.String("stack", string(debug.Stack())))
		c.end()
	}
}

// report logs why a connection ended: what its peer did wrong as a warning, that it left as
// information.
func (c *conn) report(name string, err error) {
	if err == io.EOF || c.cutting.Load() {
		return
	}
	level := slog.LevelInfo
	if noRequest(err) {
		level = slog.LevelWarn
	}
	log, ctx := c.srv.run.log, c.srv.run.ctx
	if !log.Enabled(ctx, level) {
		return
	}
	ok, unlogged := c.listener.ended.Allow(endsLogged)
	if !ok {
		return
	}
	attrs := []slog.Attr{slog.Any("err", err), slog.String("protocol", name),
		slog.String("listener", c.listener.name), slog.String("peer", peerName(c.net))}
	if unlogged > 0 {
		attrs = append(attrs, slog.Int("unlogged", unlogged))
	}
	log.LogAttrs(ctx, level, "connection ended", attrs...)
}

// noRequest reports whether err says that what came is nothing to serve.
func noRequest(err error) bool {
	for _, kind := range []error{protocol.ErrMalformed, protocol.ErrTooLarge, protocol.ErrUnsupported, protocol.ErrForbidden} {
		if errors.Is(err, kind) {
			return true
		}
	}
	return false
}

// peerName is the peer's address, or what there is on a Unix socket, whose peers have none.
func peerName(c net.Conn) string {
	if a := c.RemoteAddr(); a != nil && a.String() != "" {
		return a.String()
	}
	return "unix"
}
