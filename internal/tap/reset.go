package tap

import (
	"net"
	"time"

	"github.com/postern-gateway/postern/internal/netio"
	"github.com/postern-gateway/postern/internal/rawio"
)

// unsentTime is how long a reset waits for the peer to take what was sent before it.
const unsentTime = 5 * time.Second

// reset closes c so that its peer sees a reset, after what was sent to it: a reset takes back what
// the system has not sent yet. A Unix socket has no reset; on Linux its close is one to its peer
// where something has come from it that was not read.
func reset(c net.Conn) {
	if raw := netio.Socket(c); raw != nil {
		deadline := time.Now().Add(unsentTime)
		for wait := time.Millisecond; time.Now().Before(deadline); wait = min(2*wait, 50*time.Millisecond) {
			left := 0
			if raw.Control(func(fd uintptr) { left = rawio.Unsent(int(fd)) }) != nil || left == 0 {
				break
			}
			time.Sleep(wait) // the system tells nobody that the last byte has been taken
		}
	}
	netio.ResetOnClose(c)
	c.Close()
}

// isReset reports whether a TCP connection is over that was not ended here.
func isReset(c net.Conn) (is bool) {
	t, ok := c.(*net.TCPConn)
	if !ok {
		return false
	}
	if raw, err := t.SyscallConn(); err == nil {
		raw.Control(func(fd uintptr) { is = rawio.IsClosed(int(fd)) })
	}
	return is
}
