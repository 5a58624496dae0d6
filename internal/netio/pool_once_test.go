package netio

import (
	"context"
	"io"
	"net"
	"testing"
	"testing/synctest"
	"time"
)

// keeping answers each request on c until it cannot be read.
func keeping(_ int, c net.Conn) {
	defer c.Close()
	for {
		if _, err := io.ReadFull(c, make([]byte, len("head"))); err != nil {
			return
		}
		io.WriteString(c, okResponse)
	}
}

// closingUnsaid answers the first request on c, and closes it a little later, or as another comes.
func closingUnsaid(_ int, c net.Conn) {
	defer c.Close()
	io.ReadFull(c, make([]byte, len("head")))
	io.WriteString(c, okResponse)
	c.SetReadDeadline(time.Now().Add(stayTime / 2))
	c.Read(make([]byte, len("head")))
}

// A backend that closes after each response and does not say so, as uWSGI does, loses no request:
// not even one that may be sent only once, and comes before the close does.
func TestBackendThatClosesUnsaid(t *testing.T) {
	for _, methods := range [][]string{
		{"GET", "POST"}, {"POST", "POST", "POST"}, {"GET", "GET", "POST", "GET", "PATCH"}, {"POST", "GET", "POST"},
	} {
		synctest.Test(t, func(t *testing.T) {
			w := &web{options: PoolOptions{MaxIdle: 2}, make: net.Pipe, fresh: true, serve: closingUnsaid}
			defer w.pool.CloseIdle()
			for i, method := range methods {
				if got, err := w.ask(t, method, nil); got != "ok" || err != nil {
					t.Errorf("%v: request %d: %q, %v", methods, i+1, got, err)
				}
				if open := w.pool.Open(); open > 2 {
					t.Errorf("%v: %d connections are open", methods, open)
				}
			}
		})
	}
}

// A backend has shown that it keeps connections when a second response has come on one, or when one
// has stayed open. Then any request goes on a kept one.
func TestBackendThatKeeps(t *testing.T) {
	for _, row := range []struct {
		methods []string
		waits   time.Duration // of all together
	}{
		{[]string{"GET", "GET", "POST", "POST"}, 0},
		{[]string{"GET", "POST", "POST", "PATCH"}, stayTime},
		{[]string{"POST", "POST", "POST"}, stayTime},
		{[]string{"POST", "GET", "POST"}, 0},
	} {
		synctest.Test(t, func(t *testing.T) {
			w := &web{options: PoolOptions{MaxIdle: 2}, make: net.Pipe, fresh: true, serve: keeping}
			defer w.pool.CloseIdle()
			began := time.Now()
			for i, method := range row.methods {
				if got, err := w.ask(t, method, nil); got != "ok" || err != nil {
					t.Errorf("%v: request %d: %q, %v", row.methods, i+1, got, err)
				}
			}
			if waited := time.Since(began); w.dials != 1 || waited != row.waits {
				t.Errorf("%v: %d connections, waited for %v, want 1 and %v", row.methods, w.dials, waited, row.waits)
			}
		})
	}
}

// What has been idle for long enough is not waited for.
func TestKeptConnectionThatStayedOpen(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := &web{options: PoolOptions{MaxIdle: 2}, make: net.Pipe, fresh: true, serve: keeping}
		defer w.pool.CloseIdle()
		w.ask(t, "GET", nil)
		<-time.After(stayTime)
		began := time.Now()
		if got, err := w.ask(t, "POST", nil); got != "ok" || err != nil || w.dials != 1 || time.Since(began) > 0 {
			t.Errorf("%q, %v, by %d connections, after %v", got, err, w.dials, time.Since(began))
		}
	})
}

// A request that ends before its connection has stayed open shows nothing.
func TestBackendThatWasNotWaitedFor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := &web{options: PoolOptions{MaxIdle: 2}, make: net.Pipe, fresh: true, serve: keeping}
		defer w.pool.CloseIdle()
		w.ask(t, "GET", nil)
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if c, err := w.pool.GetOnce(ctx, 0); err == nil {
			c.Close()
		}
		if w.pool.keeps.Load() {
			t.Error("the backend is taken for one that keeps connections")
		}
	})
}
