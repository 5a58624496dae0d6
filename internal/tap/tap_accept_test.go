package tap

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/postern-gateway/postern/internal/netio/netiotest"
)

// A scarce listener accepts one connection, and then has no descriptor for another until that has
// ended. Then it ends.
type scarce struct {
	conn  net.Conn
	given bool
	ended atomic.Bool
}

var errEnd = errors.New("the end")

func (l *scarce) Accept() (net.Conn, error) {
	switch {
	case !l.given:
		l.given = true
		return l.conn, nil
	case l.ended.Load():
		return nil, errEnd
	}
	return nil, syscall.EMFILE
}

func (*scarce) Close() error   { return nil }
func (*scarce) Addr() net.Addr { return &net.UnixAddr{} }

// Where descriptors have run out the tap accepts again as soon as a connection has ended, and at
// the latest after 100 ms: it was a second. In this test time is virtual.
func TestAcceptsAgainWhenAConnectionHasEnded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ours, front := net.Pipe()
		defer front.Close()
		l, over := &scarce{conn: ours}, make(chan struct{})
		tap := &Tap{Observe: func(Event) {}, Log: slog.New(slog.DiscardHandler), Dial: func(context.Context) (net.Conn, error) {
			<-over
			return nil, errEnd
		}}
		done := make(chan error, 1)
		go func() { done <- tap.Serve(t.Context(), l) }()
		<-time.After(time.Minute + time.Millisecond) // between two looks
		began := time.Now()
		l.ended.Store(true)
		close(over)
		if err, took := <-done, time.Since(began); err != errEnd || took != 0 {
			t.Errorf("%v after %v", err, took)
		}
	})
}

// Whoever may not connect does not fill the log.
func TestForbiddenPeersAreLoggedWithinBounds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var log strings.Builder
		l := netiotest.NewPipes()
		tap := &Tap{Admits: func(net.Addr) bool { return false }, Log: slog.New(slog.NewTextHandler(&log, nil)), Observe: func(Event) {}}
		ctx, end := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() { done <- tap.Serve(ctx, l) }()
		call := func(times int) {
			for range times {
				c, err := l.Dial(ctx)
				if err != nil {
					t.Fatal(err)
				}
				io.Copy(io.Discard, c)
			}
		}
		call(50)
		<-time.After(time.Second)
		call(1)
		end()
		if err := <-done; err != nil {
			t.Error(err)
		}
		if lines := strings.Count(log.String(), "forbidden peer"); lines != 2 || !strings.Contains(log.String(), "unlogged=49") {
			t.Error(log.String())
		}
	})
}
