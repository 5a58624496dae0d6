//go:build unix

package gateway

import (
	"io"
	"net"
	"testing"
	"time"

	"github.com/postern-gateway/postern/internal/netio/netiotest"
)

// A timedConn tells of its read deadlines.
type timedConn struct {
	*net.TCPConn
	set chan time.Time
}

func (c timedConn) SetReadDeadline(t time.Time) error {
	c.set <- t
	return c.TCPConn.SetReadDeadline(t)
}

// The time for the first bytes of a request ends with them: bug, over SCGI and uwsgi a body without
// a limit was cut when it was over, if all of the head came in one piece.
func TestTimeForTheFirstBytesEndsWithThem(t *testing.T) {
	ours, peer := netiotest.TCP(t)
	timed := timedConn{ours, make(chan time.Time, 2)}
	came := make(chan error, 1)
	go func() {
		_, err := (&conn{net: timed}).peek(make([]byte, sniffLen), time.Minute)
		came <- err
	}()
	if at := <-timed.set; at.IsZero() {
		t.Error("there is no time for the first bytes")
	}
	io.WriteString(peer, "10:")
	if err := <-came; err != nil {
		t.Error(err)
	}
	if len(timed.set) == 0 || !(<-timed.set).IsZero() {
		t.Error("it goes on behind them")
	}
}
