package gateway

import (
	"log"
	"log/slog"
	"strings"

	"github.com/postern-gateway/postern/internal/ratelimit"
)

// A webLog is where net/http's servers write what they log: a line for each broken connection of
// HTTP/2, for one.
type webLog engine

// webLog returns the log of net/http's servers.
func (r *engine) webLog() *log.Logger { return log.New((*webLog)(r), "", 0) }

// Write implements [io.Writer]. Each call is a line.
func (l *webLog) Write(line []byte) (int, error) {
	l.webLines.Log(l.log, ratelimit.Many, slog.LevelWarn, strings.TrimSuffix(string(line), "\n"))
	return len(line), nil
}
