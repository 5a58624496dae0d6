package load

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"sync"
	"time"
)

// The sizes of a lane's read buffer: a small one where answers are small, so that a thousand lanes
// take little.
const (
	smallBuffer = 4 << 10
	largeBuffer = 64 << 10
)

func bufferFor(want []byte) int {
	if len(want) > smallBuffer {
		return largeBuffer
	}
	return smallBuffer
}

// exchanges is a lane that sends one request at a time.
type exchanges struct {
	g     *Generator
	in    *bufio.Reader
	check checker

	mu     sync.Mutex // held to change conn and to interrupt
	conn   *socket
	broken bool // interrupted
}

func newExchanges(g *Generator) *exchanges {
	return &exchanges{g: g, in: bufio.NewReaderSize(nil, bufferFor(g.cfg.Want)), check: checker{want: g.cfg.Want}}
}

func (x *exchanges) run(ctx context.Context, r *run, t *laneCount) {
	for !t.givenUp() {
		begins, ok := r.next(ctx)
		if !ok {
			break
		}
		if err := x.exchange(ctx, begins, t); err != nil && ctx.Err() == nil {
			t.fail(err)
			x.end(t)
		}
	}
	if x.conn != nil {
		x.conn.drainTo(t)
		x.conn.suspend()
	}
}

// exchange sends one request, reads its answer and counts it. An error has not been counted.
func (x *exchanges) exchange(ctx context.Context, begins time.Time, t *laneCount) error {
	if x.conn == nil {
		if err := x.connect(ctx); err != nil {
			return err
		}
	}
	x.conn.extend(time.Now())
	if _, err := x.conn.Write(x.g.cfg.Request); err != nil {
		return err
	}
	x.check.reset()
	last, err := x.g.cfg.Wire.read(x.in, &x.check)
	if err == nil {
		err = x.check.whole()
	}
	if err != nil {
		return err
	}
	took := time.Since(begins)
	if last { // the end is the server's
		if _, err := io.Copy(io.Discard, x.in); err != nil {
			return fmt.Errorf("the connection does not end after the response: %w", err)
		}
		x.end(t)
	}
	t.count(took)
	return nil
}

func (x *exchanges) connect(ctx context.Context) error {
	c, err := x.g.cfg.dial(ctx)
	if err != nil {
		return err
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.conn = c; x.broken {
		c.Close()
	}
	x.in.Reset(c)
	return nil
}

// end closes the connection, if there is one.
func (x *exchanges) end(t *laneCount) {
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.conn != nil {
		x.conn.drainTo(t)
		x.conn.abandon()
		x.conn = nil
	}
}

func (x *exchanges) interrupt() {
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.broken = true; x.conn != nil {
		x.conn.Close()
	}
}

func (x *exchanges) close() { x.interrupt() }
