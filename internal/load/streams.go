package load

import (
	"bufio"
	"context"
	"encoding/binary"
	"errors"
	"sync"
)

// streams is a lane that has several FastCGI requests open at once on one connection. What run does
// writes; a goroutine of each connection reads.
type streams struct {
	g        *Generator
	requests [][]byte // by request id - 1

	mu     sync.Mutex // held to change conn and to interrupt
	conn   *muxConn
	broken bool // interrupted
}

func newStreams(g *Generator, requests [][]byte) *streams {
	return &streams{g: g, requests: requests}
}

// withIDs returns the records of a request with each id from 1 to n.
func withIDs(request []byte, n int) ([][]byte, error) {
	all := make([][]byte, n)
	for i := range all {
		b := append([]byte(nil), request...)
		for rest := b; len(rest) > 0; {
			n := 0
			if len(rest) >= headerLen {
				n = headerLen + int(binary.BigEndian.Uint16(rest[4:])) + int(rest[6])
			}
			if n == 0 || n > len(rest) {
				return nil, errors.New("load: the request is not made of FastCGI records")
			}
			binary.BigEndian.PutUint16(rest[2:], uint16(i+1))
			rest = rest[n:]
		}
		all[i] = b
	}
	return all, nil
}

func (s *streams) run(ctx context.Context, r *run, t *laneCount) {
	for !t.givenUp() {
		if s.conn == nil {
			if err := s.connect(ctx); err != nil {
				if ctx.Err() != nil {
					return
				}
				t.fail(err)
				continue
			}
		}
		c := s.conn
		c.begin(t)
		err := c.send(ctx, r, s.requests)
		if err == nil {
			err = c.collect(ctx)
		}
		c.end(t, err)
		if err == nil || ctx.Err() != nil {
			return
		}
		s.forget()
	}
}

func (s *streams) connect(ctx context.Context) error {
	conn, err := s.g.cfg.dial(ctx)
	if err != nil {
		return err
	}
	n := len(s.requests)
	c := &muxConn{socket: conn, in: bufio.NewReaderSize(conn, largeBuffer), free: make(chan uint16, n), dead: make(chan struct{}), slots: make([]slot, n)}
	for i := range c.slots {
		c.slots[i].check.want = s.g.cfg.Want
		c.free <- uint16(i + 1)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.conn = c; s.broken {
		c.Close()
	}
	go c.receive()
	return nil
}

// forget closes the connection.
func (s *streams) forget() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.conn != nil {
		s.conn.abandon()
		<-s.conn.dead
		s.conn = nil
	}
}

func (s *streams) interrupt() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.broken = true; s.conn != nil {
		s.conn.Close()
	}
}

func (s *streams) close() {
	s.interrupt()
	s.forget()
}

// batchSize is how many bytes of requests go into one write at most, but for the last of them.
const batchSize = 64 << 10
