package netio

import (
	"log/slog"
	"net"
	"slices"
	"sync"
	"syscall"
	"time"
)

// A Pool keeps connections for another request. Max and Idle must not change once it is in use; it
// is safe for concurrent use. A nil one has none.
type Pool struct {
	Max  int           // how many are kept
	Idle time.Duration // for how long; 0: no limit

	mu   sync.Mutex
	kept []*kept // the one that was used last is the last
}

// A kept is an idle connection.
type kept struct {
	net.Conn
	timer *time.Timer     // closes it when it has been idle for too long
	raw   syscall.RawConn // nil: it is read ahead
	ahead chan readAhead  // what became of that
}

// A readAhead is what a read ahead of one byte gave.
type readAhead struct {
	n   int
	err error
}

// get returns a connection that is still open, or nil. One on which something has come that nobody
// asked for is closed, and log told: it would be taken for the next response.
func (p *Pool) get(log *slog.Logger) net.Conn {
	for {
		k := p.pop()
		if k == nil {
			return nil
		}
		open, surplus := k.look()
		if open {
			return k.Conn
		}
		if surplus {
			log.Warn("http: bytes beyond a response on a kept connection: it is closed", "backend", k.RemoteAddr().String())
		}
		k.Close()
	}
}

func (p *Pool) pop() *kept {
	if p == nil {
		return nil
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	n := len(p.kept) - 1
	if n < 0 {
		return nil
	}
	k := p.kept[n]
	p.kept = slices.Delete(p.kept, n, n+1)
	k.stop()
	return k
}

// put keeps a connection that has no deadline, or closes it.
func (p *Pool) put(c net.Conn) {
	k := &kept{Conn: c, raw: lookable(c)}
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.kept) >= p.Max {
		c.Close()
		return
	}
	if k.raw == nil {
		k.ahead = make(chan readAhead, 1)
		go k.read()
	}
	p.kept = append(p.kept, k)
	if p.Idle > 0 {
		k.timer = time.AfterFunc(p.Idle, func() { p.expire(k) })
	}
}

// expire closes k if it is idle.
func (p *Pool) expire(k *kept) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if i := slices.Index(p.kept, k); i >= 0 {
		p.kept = slices.Delete(p.kept, i, i+1)
		k.Close()
	}
}

// Close closes the connections that are kept.
func (p *Pool) Close() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, k := range p.kept {
		k.stop()
		k.Close()
	}
	p.kept = nil
}

func (k *kept) stop() {
	if k.timer != nil {
		k.timer.Stop()
	}
}

// look reports whether the connection is open and has nothing to be read, or else whether it has.
func (k *kept) look() (open, surplus bool) {
	if k.raw != nil {
		return quiet(k.raw)
	}
	k.SetReadDeadline(time.Unix(1, 0))
	a := <-k.ahead
	k.SetReadDeadline(time.Time{})
	return a.n == 0 && isTimeout(a.err), a.n > 0
}

// read reads ahead what has no descriptor to look at.
func (k *kept) read() {
	var b [1]byte
	n, err := k.Read(b[:])
	k.ahead <- readAhead{n, err}
}
