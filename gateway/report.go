package gateway

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"runtime/debug"

	"github.com/postern-gateway/postern/protocol"
)

// endsLogged is how many lines a second tell of connections of one listener that ended badly.
const endsLogged = 100

// contain keeps a panic of a protocol's own code to its connection.
func (c *conn) contain() {
	if v := recover(); v != nil {
		c.net.Close()
		c.srv.run.log.LogAttrs(c.srv.run.ctx, slog.LevelError, "connection failed", slog.String("err", fmt.Sprint("panic: ", v)),
			slog.String("listener", c.listener.name), slog.String("peer", peerName(c.net)), slog.String("stack", string(debug.Stack())))
		c.end()
	}
}

// reportLate logs that c's first bytes have not come in time, if n of them have.
func (c *conn) reportLate(n int) {
	if name := c.listener.protocol; n > 0 {
		c.report(name, &protocol.Error{Protocol: name, Op: "read head", Kind: protocol.ErrAborted,
			Detail: "not whole after " + c.srv.run.limits.HeadTimeout.String()})
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
