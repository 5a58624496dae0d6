package netio

import (
	"log/slog"
	"net"
	"slices"
	"sync"
	"syscall"
	"time"
)

// A Pool keeps idle connections to a backend for further requests. Max and Idle must not change
// once it is in use. It is safe for concurrent use. A nil Pool keeps none.
type Pool struct {
	Max  int           // how many are kept
	Idle time.Duration // for how long; 0: no limit

	mu    sync.Mutex
	conns []*idleConn // the most recently used is the last
}

// An idleConn is an idle connection. One that has input cannot be used again.
type idleConn struct {
	net.Conn
	timer      *time.Timer     // closes it when it has been idle for too long
	raw        syscall.RawConn // nil: a goroutine reads a byte in the background
	background chan readResult // the result of that read
}

// A readResult is the result of a read of one byte.
type readResult struct {
	n   int
	err error
}

// get returns a connection that is still open, or nil. A connection with input is closed, with a
// warning to log: the input would be taken for the next response.
func (p *Pool) get(log *slog.Logger) net.Conn {
	for {
		k := p.pop()
		if k == nil {
			return nil
		}
		open, surplus := k.probe()
		if open {
			return k.Conn
		}
		if surplus {
			log.Warn("http: bytes beyond a response on a kept connection: it is closed", "backend", k.RemoteAddr().String())
		}
		k.Close()
	}
}

func (p *Pool) pop() *idleConn {
	if p == nil {
		return nil
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	n := len(p.conns) - 1
	if n < 0 {
		return nil
	}
	k := p.conns[n]
	p.conns = slices.Delete(p.conns, n, n+1)
	k.stopTimer()
	return k
}

// put adds a connection, which has no deadline, to the pool. It is closed if the pool is full.
func (p *Pool) put(c net.Conn) {
	k := &idleConn{Conn: c, raw: probeDescriptor(c)}
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.conns) >= p.Max {
		c.Close()
		return
	}
	if k.raw == nil {
		k.background = make(chan readResult, 1)
		go k.readByte()
	}
	p.conns = append(p.conns, k)
	if p.Idle > 0 {
		k.timer = time.AfterFunc(p.Idle, func() { p.expire(k) })
	}
}

// expire closes k if it is idle.
func (p *Pool) expire(k *idleConn) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if i := slices.Index(p.conns, k); i >= 0 {
		p.conns = slices.Delete(p.conns, i, i+1)
		k.Close()
	}
}

// Close closes the idle connections.
func (p *Pool) Close() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, k := range p.conns {
		k.stopTimer()
		k.Close()
	}
	p.conns = nil
}

func (k *idleConn) stopTimer() {
	if k.timer != nil {
		k.timer.Stop()
	}
}

// probe reports whether the connection is open and has no input, or else whether it has some.
func (k *idleConn) probe() (open, surplus bool) {
	if k.raw != nil {
		return probe(k.raw)
	}
	k.SetReadDeadline(time.Unix(1, 0))
	a := <-k.background
	k.SetReadDeadline(time.Time{})
	return a.n == 0 && IsTimeout(a.err), a.n > 0
}

// readByte reads the input of a connection that has no descriptor to probe.
func (k *idleConn) readByte() {
	var b [1]byte
	n, err := k.Read(b[:])
	k.background <- readResult{n, err}
}
