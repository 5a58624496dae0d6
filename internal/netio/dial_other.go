//go:build !linux || 386 || s390x

package netio

import (
	"context"
	"net"
)

// DialUnix connects to a Unix stream socket, as [net.Dialer] does.
func DialUnix(ctx context.Context, _, address string) (net.Conn, error) {
	return new(net.Dialer).DialContext(ctx, "unix", address)
}
