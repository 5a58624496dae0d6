package load

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"sync/atomic"
	"syscall"
	"time"
)

// A socket is a connection to the server, whose bytes are counted.
type socket struct {
	net.Conn
	timeout        time.Duration
	renewAt        time.Time
	sent, received atomic.Int64
}

// dial connects. Where a Unix socket's backlog is full, which TCP waits for by itself, it tries
// again for as long as the timeout lasts.
func (c *Config) dial(ctx context.Context) (*socket, error) {
	ctx, cancel := context.WithTimeout(ctx, c.Timeout)
	defer cancel()
	for pause := 50 * time.Microsecond; ; pause = min(2*pause, 5*time.Millisecond) {
		var d net.Dialer
		conn, err := d.DialContext(ctx, c.Network, c.Address)
		if err == nil {
			return &socket{Conn: conn, timeout: c.Timeout}, nil
		}
		if !errors.Is(err, syscall.EAGAIN) {
			return nil, withoutAddress(err)
		}
		select {
		case <-time.After(pause):
		case <-ctx.Done():
			return nil, withoutAddress(err)
		}
	}
}

func (s *socket) Read(p []byte) (int, error) {
	n, err := s.Conn.Read(p)
	s.received.Add(int64(n))
	return n, s.explain(err)
}

func (s *socket) Write(p []byte) (int, error) {
	n, err := s.Conn.Write(p)
	s.sent.Add(int64(n))
	return n, s.explain(err)
}

// explain makes an error of those that a reader of a report understands.
func (s *socket) explain(err error) error {
	if errors.Is(err, os.ErrDeadlineExceeded) {
		return fmt.Errorf("no progress in %v", s.timeout)
	}
	return withoutAddress(err)
}

// withoutAddress takes the addresses out of an error of package net: they differ from one
// connection to the next, and from one run to the next.
func withoutAddress(err error) error {
	if op, ok := errors.AsType[*net.OpError](err); ok {
		return fmt.Errorf("%s: %w", op.Op, op.Err)
	}
	return err
}

// extend moves the deadline, where a quarter of the timeout has passed since it was moved.
func (s *socket) extend(now time.Time) {
	if now.Before(s.renewAt) {
		return
	}
	s.renewAt = now.Add(s.timeout / 4)
	s.SetDeadline(now.Add(s.timeout))
}

// suspend takes the deadline away, while nothing is to come.
func (s *socket) suspend() {
	s.renewAt = time.Time{}
	s.SetDeadline(time.Time{})
}

// abandon closes the connection without leaving a port in TIME_WAIT, of which there are too few for
// some seconds of connections that carry one request each.
func (s *socket) abandon() {
	if c, ok := s.Conn.(*net.TCPConn); ok {
		c.SetLinger(0)
	}
	s.Close()
}

// drainTo adds the bytes since the last time to t.
func (s *socket) drainTo(t *laneCount) {
	t.sent += s.sent.Swap(0)
	t.received += s.received.Swap(0)
}
