package gateway

import (
	"crypto/tls"
	"log/slog"
	"net"
	"sync"
	"sync/atomic"

	"github.com/postern-gateway/postern/internal/netio"
	"github.com/postern-gateway/postern/internal/ratelimit"
)

// A Listener is a net.Listener with what a [Server] should know of it. Serve, ServeHTTP and
// ServeAny take any net.Listener; with one of these they use what it says.
type Listener struct {
	net.Listener
	// Allow is who may connect, where the network is an IP one. Empty: the server's.
	Allow AllowList
	// Name is what logs call it. Empty: protocol://address.
	Name string
	// TLS has the protocol be served over TLS, with at least a certificate. nil: it is not. For
	// ServeHTTP and ServeAny empty NextProtos are HTTP/2 and HTTP/1.1. It must not be changed.
	TLS *tls.Config
}

// PlainListener returns l's own Listener, whose Accept l has.
func (l *Listener) PlainListener() net.Listener { return l.Listener }

// An activeListener is a listener in use.
type activeListener struct {
	net.Listener
	name     string
	protocol string
	kind     kind // of its connections
	allow    AllowList
	refused  ratelimit.Limiter
	trouble  ratelimit.Limiter
	ended    ratelimit.Limiter
	once     sync.Once // closed or detached
	err      error     // of closing
	detached atomic.Bool
	done     chan struct{} // closed when nobody accepts any more

	acceptor *netio.Acceptor // accepts instead of the Listener, if not nil
	coming   sync.RWMutex    // held for reading by come, for good by shut

	whole atomic.Bool // its protocol takes what has come first from who looked for that
}

// Close closes the listener, once, unless it is detached.
func (l *activeListener) Close() error {
	l.once.Do(func() { l.err = l.Listener.Close() })
	return l.err
}

// stop ends accepting. Where that can be had without a Close, shut closes the listener, once it has
// what waits there.
func (l *activeListener) stop() {
	if d, ok := netio.PlainListener(l.Listener).(deadliner); ok && !l.detached.Load() && d.SetDeadline(pastDeadline) == nil {
		l.interrupt()
		return
	}
	l.Close()
	l.interrupt()
}

// interrupt has an Accept that waits see what became of the listener.
func (l *activeListener) interrupt() {
	if l.acceptor != nil {
		l.acceptor.Interrupt()
	}
}

func (s *Server) newActiveListener(l net.Listener, protocolName string, k kind) *activeListener {
	active := &activeListener{Listener: l, protocol: protocolName, kind: k, allow: s.Allow, done: make(chan struct{})}
	if own, ok := l.(*Listener); ok {
		active.name = own.Name
		if len(own.Allow) > 0 {
			active.allow = own.Allow
		}
		if own.TLS != nil {
			active.kind = active.secured(own.TLS, k)
		}
	}
	if active.name == "" {
		sep := "://"
		if l.Addr().Network() == "unix" {
			sep = "+unix:"
		}
		active.name = protocolName + sep + l.Addr().String()
	}
	return active
}

// listen accepts connections, by a if that is not nil, and has each served by k, in a goroutine of
// its own.
func (s *Server) listen(l net.Listener, protocolName string, a *netio.Acceptor, k kind) error {
	s.init()
	if a != nil {
		defer a.Close()
	}
	active := s.newActiveListener(l, protocolName, k)
	active.acceptor = a
	if !s.open(active) {
		l.Close()
		return ErrServerClosed
	}
	defer s.shut(active)
	for wait := new(netio.Backoff); ; {
		nc, err := s.accept(active)
		if err == nil {
			s.admit(active, nc) // also if the server is closing by now: it was accepted
		}
		switch {
		case active.detached.Load():
			return ErrDetached
		case s.run.closing.Load():
			return ErrServerClosed
		case err == nil:
			wait.Reset()
		case !netio.AcceptMayGoOn(err):
			return err
		default:
			active.trouble.Log(s.run.log, 1, slog.LevelError, "accept failed; trying again", slog.Any("err", err), slog.String("listener", active.name))
			wait.Wait(s.run.freed, s.run.stopped) // the end of a connection frees descriptors
		}
	}
}

// open notes a listener, unless the server is closing.
func (s *Server) open(l *activeListener) bool {
	s.run.mu.Lock()
	defer s.run.mu.Unlock()
	if s.run.closing.Load() {
		return false
	}
	s.run.listeners[l] = struct{}{}
	s.run.tasks.Add(1)
	return true
}

func (s *Server) shut(l *activeListener) {
	rest := s.waiting(l)
	l.Close()
	for _, nc := range rest {
		s.admit(l, nc)
	}
	if n := l.refused.Rest(); n > 0 {
		s.run.log.Warn("forbidden peers", "listener", l.name, "unlogged", n)
	}
	if n := l.ended.Rest(); n > 0 {
		s.run.log.Info("connections ended", "listener", l.name, "unlogged", n)
	}
	s.run.mu.Lock()
	delete(s.run.listeners, l)
	s.run.mu.Unlock()
	l.coming.Lock()
	l.giveBack()
	close(l.done)
	s.run.tasks.Done()
}

// accept accepts one connection, once there is room for one.
func (s *Server) accept(l *activeListener) (net.Conn, error) {
	if !s.waitForRoom(l) {
		return nil, ErrServerClosed
	}
	if l.acceptor != nil {
		return l.acceptor.Accept()
	}
	return l.Accept()
}

// waitForRoom waits until one more connection may be accepted, and reports whether it is to be.
func (s *Server) waitForRoom(l *activeListener) bool {
	r := &s.run
	r.mu.Lock()
	defer r.mu.Unlock()
	for s.full() && !r.closing.Load() && !l.detached.Load() {
		r.room.Wait()
	}
	return !r.closing.Load() && !l.detached.Load()
}

// full reports, with mu held, whether there are as many connections as there may be.
func (s *Server) full() bool { return s.MaxConns > 0 && len(s.run.conns) >= s.MaxConns }
