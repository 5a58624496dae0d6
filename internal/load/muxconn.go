package load

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net"
	"sync"
	"time"
)

// A muxConn is one connection of a streams.
type muxConn struct {
	*socket
	in   *bufio.Reader
	free chan uint16   // ids without an open request
	dead chan struct{} // closed once nothing is read any more

	mu    sync.Mutex
	slots []slot     // by request id - 1
	count *laneCount // of the run
	err   error      // why it is dead
}

// A slot is a request that is open, or room for one.
type slot struct {
	open   bool
	begins time.Time
	check  checker
}

// send sends requests until the run is over. All that can be sent at once is one write.
func (c *muxConn) send(ctx context.Context, r *run, requests [][]byte) error {
	var batch net.Buffers
	size := 0
	for {
		begins, ok := r.next(ctx)
		if !ok {
			return c.writeAll(batch)
		}
		id, err := c.take(ctx)
		if err != nil {
			return err
		}
		if r.pace.Rate == 0 {
			begins = time.Now()
		}
		c.open(id, begins)
		batch = append(batch, requests[id-1])
		size += len(requests[id-1])
		if r.pace.Rate == 0 && len(c.free) > 0 && size < batchSize {
			continue
		}
		if err := c.writeAll(batch); err != nil {
			return err
		}
		batch, size = batch[:0], 0
	}
}

func (c *muxConn) writeAll(batch net.Buffers) error {
	if len(batch) == 0 {
		return nil
	}
	c.extend(time.Now())
	n, err := batch.WriteTo(c.Conn) // by one system call
	c.sent.Add(n)
	return c.explain(err)
}

var errInterrupted = errors.New("interrupted")

// take waits for an id without an open request.
func (c *muxConn) take(ctx context.Context) (uint16, error) {
	select {
	case id := <-c.free:
		return id, nil
	case <-c.dead:
		return 0, c.err
	case <-ctx.Done():
		return 0, errInterrupted
	}
}

// collect waits until no request is open.
func (c *muxConn) collect(ctx context.Context) error {
	for range c.slots {
		if _, err := c.take(ctx); err != nil {
			return err
		}
	}
	for i := range c.slots {
		c.free <- uint16(i + 1)
	}
	c.suspend()
	return nil
}

func (c *muxConn) begin(t *laneCount) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.count = t
}

// end counts what was open when the connection failed.
func (c *muxConn) end(t *laneCount, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for i := range c.slots {
		if c.slots[i].open {
			t.fail(err)
		}
	}
	if err != nil && t.failed == 0 {
		t.fail(err)
	}
	c.count = nil
	c.drainTo(t)
}

func (c *muxConn) open(id uint16, begins time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	s := &c.slots[id-1]
	s.open, s.begins = true, begins
	s.check.reset()
}

// receive reads answers until the connection fails.
func (c *muxConn) receive() {
	for c.err == nil {
		c.err = c.record()
	}
	close(c.dead)
}

// record reads one record.
func (c *muxConn) record() error {
	h, err := readHeader(c.in)
	if err != nil {
		return err
	}
	s, err := c.slot(h.id)
	if err != nil {
		return err
	}
	ended, err := readRecord(c.in, h, &s.check)
	if err != nil || !ended {
		return err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if err := s.check.whole(); err != nil {
		return err
	}
	c.count.count(time.Since(s.begins))
	s.open = false
	c.free <- h.id // of which there is room for all
	return nil
}

func (c *muxConn) slot(id uint16) (*slot, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if id == 0 || int(id) > len(c.slots) || !c.slots[id-1].open {
		return nil, fmt.Errorf("a record of request %d, of which there is none", id)
	}
	return &c.slots[id-1], nil
}
