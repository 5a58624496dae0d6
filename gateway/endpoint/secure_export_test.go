package endpoint

import (
	"context"
	"crypto/tls"
	"net"
	"time"
)

// OverTLS is dial, with TLS on what it has connected to, as clients have it.
func OverTLS(dial func(context.Context) (net.Conn, error), config *tls.Config) func(context.Context) (net.Conn, error) {
	connect := overTLS(func(ctx context.Context, _, _ string) (net.Conn, error) { return dial(ctx) }, config, 0)
	return func(ctx context.Context) (net.Conn, error) { return connect(ctx, "tcp", "the test") }
}

// LookAgain has l look at the files of its certificate at the next handshake.
func (l *Listener) LookAgain() {
	l.certificate.mu.Lock()
	defer l.certificate.mu.Unlock()
	l.certificate.next = time.Time{}
}
