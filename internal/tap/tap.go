package tap

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"runtime/debug"
	"sync"
	"time"

	"github.com/postern-gateway/postern/internal/netio"
	"github.com/postern-gateway/postern/internal/ratelimit"
)

// A Tap passes connections on, and tells of them. Its fields are set before Serve.
type Tap struct {
	// Dial connects to the backend.
	Dial func(context.Context) (net.Conn, error)
	// Admits says who may connect. nil: everybody.
	Admits func(net.Addr) bool

	// Observe is told of each event, in order, by one goroutine. However slow it is, and whatever
	// becomes of it, the connections go on: see Buffer. A panic of it is logged.
	Observe func(Event)
	// Flush is called when all events have been told for now, by the same goroutine. nil: nothing.
	Flush func()
	// Buffer bounds what may wait for Observe, in bytes. Bytes that come while it is full are
	// passed on and told of as Lost, those of a connection that begins then by the log alone.
	// 0: DefaultBuffer.
	Buffer int

	// Grace is how long connections may go on after the end of Serve's context.
	Grace time.Duration
	// Log is told what no connection tells. nil: slog.Default.
	Log *slog.Logger

	freed  chan struct{} // a connection has ended, which accept takes when it waits for descriptors
	mu     sync.Mutex
	relays map[*relay]struct{}
	last   int // connection
}

// Serve passes on what connects to l, until ctx ends or l fails. It closes l. Then connections have
// Grace to end, and are reset. It returns nil after the end of ctx, when all events have been told.
func (t *Tap) Serve(ctx context.Context, l net.Listener) error {
	if t.Log == nil {
		t.Log = slog.Default()
	}
	if t.Buffer == 0 {
		t.Buffer = DefaultBuffer
	}
	t.relays, t.freed = make(map[*relay]struct{}), make(chan struct{})
	q := newQueue(t.Buffer)
	var teller, relays sync.WaitGroup
	teller.Go(func() { t.tell(q) })
	stop := context.AfterFunc(ctx, func() { l.Close() })
	// A connection that was accepted is served, also when ctx has just ended.
	serving, end := context.WithCancel(context.WithoutCancel(ctx))
	defer end()
	err := t.accept(ctx, l, func(nc net.Conn) { relays.Go(func() { t.pass(serving, q, nc) }) })
	stop()
	l.Close()
	cut := time.AfterFunc(t.Grace, func() {
		end()
		t.cut()
	})
	relays.Wait()
	cut.Stop()
	q.close()
	teller.Wait()
	return err
}

// accept has each connection served until ctx ends.
func (t *Tap) accept(ctx context.Context, l net.Listener, serve func(net.Conn)) error {
	var refused, trouble ratelimit.Limiter
	for wait := new(netio.Backoff); ; {
		nc, err := l.Accept()
		switch {
		case err == nil && t.Admits != nil && !t.Admits(nc.RemoteAddr()):
			refused.Log(t.Log, 1, slog.LevelWarn, "forbidden peer: add it to allow=", slog.String("peer", nc.RemoteAddr().String()))
			nc.Close()
		case err == nil:
			serve(nc)
			wait.Reset()
		case ctx.Err() != nil:
			return nil
		case !netio.AcceptMayGoOn(err):
			return err
		default:
			trouble.Log(t.Log, 1, slog.LevelError, "accept failed; trying again", slog.Any("err", err))
			wait.Wait(t.freed, ctx.Done())
		}
	}
}

// pass serves a connection.
func (t *Tap) pass(ctx context.Context, q *eventQueue, front net.Conn) {
	r := &relay{queue: q, front: front}
	t.mu.Lock()
	t.last++
	r.conn = newConn(t.last, front)
	t.relays[r] = struct{}{}
	t.mu.Unlock()
	defer func() {
		t.mu.Lock()
		delete(t.relays, r)
		t.mu.Unlock()
		select {
		case t.freed <- struct{}{}:
		default:
		}
	}()
	if r.noted = q.offer(r.event(Opened, 0, nil)); !r.noted {
		q.miss()
	}
	back, err := t.Dial(ctx)
	if err != nil {
		reset(front)
		r.tell(r.event(Closed, 0, fmt.Errorf("cannot connect to the backend: %w", err)))
		return
	}
	r.run(back)
}

func newConn(id int, front net.Conn) *Conn {
	c := &Conn{ID: id, Front: front.RemoteAddr().String(), Server: front.LocalAddr().String(), Opened: time.Now()}
	c.FrontAddr, _ = netip.ParseAddrPort(c.Front)
	c.ServerAddr, _ = netip.ParseAddrPort(c.Server)
	return c
}

// cut resets every connection.
func (t *Tap) cut() {
	t.mu.Lock()
	defer t.mu.Unlock()
	for r := range t.relays {
		r.cut()
	}
}

// tell tells of what happens until there is no more.
func (t *Tap) tell(q *eventQueue) {
	for {
		events, missed := q.take()
		if missed > 0 {
			t.Log.Warn("connections were passed on unseen: too much waited to be shown", "connections", missed, "bound", t.Buffer)
		}
		if len(events) == 0 {
			return
		}
		for i := range events {
			t.observe(events[i])
			q.done(&events[i])
			events[i].Data = nil
		}
		if t.Flush != nil {
			t.Flush()
		}
	}
}

func (t *Tap) observe(e Event) {
	defer func() {
		if v := recover(); v != nil {
			t.Log.Error("what a connection said could not be told", "conn", e.Conn.ID, "panic", v, "stack", string(debug.Stack()))
		}
	}()
	t.Observe(e)
}
