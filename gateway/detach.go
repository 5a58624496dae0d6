package gateway

import (
	"errors"
	"fmt"
	"net"
	"time"

	"github.com/postern-gateway/postern/internal/netio"
)

// ErrDetached is what Serve returns when Detach has taken its listener away.
var ErrDetached = errors.New("gateway: listener detached")

// Detach ends the call of Serve, ServeHTTP or ServeAny that accepts on l, and returns when it
// accepts no more. That call returns ErrDetached. l is not closed, and the file of a Unix socket
// stays. What connects meanwhile waits in the system's queue for whoever accepts on l next: another
// Server of this process, or another process, to which l is passed on. Nothing is lost between the
// two. Connections that were accepted before are served on; Shutdown ends them.
//
// To pass l on to another process, use the File of a *net.TCPListener or *net.UnixListener, and
// close l afterwards. The Close of a *net.UnixListener removes the socket's file, unless
// SetUnlinkOnClose(false) was called.
//
// Detach returns an error, and has no effect, if l is not served, or is being closed, or has no
// SetDeadline, as package net's listeners have; the latter is an [errors.ErrUnsupported].
// A [Listener] and what it wraps mean the same one.
func (s *Server) Detach(l net.Listener) error {
	s.init()
	plain := netio.PlainListener(l)
	d, ok := plain.(deadliner)
	if !ok {
		return fmt.Errorf("gateway: detach %s: %w: a %T has no SetDeadline", l.Addr(), errors.ErrUnsupported, plain)
	}
	active, err := s.takeAway(plain, d)
	if active == nil {
		return fmt.Errorf("gateway: detach %s: %w: it is not served", l.Addr(), net.ErrClosed)
	}
	<-active.done
	return err
}

// A deadliner is a listener whose Accept can be ended without a Close.
type deadliner interface{ SetDeadline(time.Time) error }

// takeAway tells the listener in use that it is detached, and ends its Accept. It returns nil if
// there is none, or if it is being closed.
func (s *Server) takeAway(plain net.Listener, d deadliner) (found *activeListener, err error) {
	s.run.mu.Lock()
	defer s.run.mu.Unlock()
	for l := range s.run.listeners {
		if netio.PlainListener(l.Listener) == plain {
			l.once.Do(func() { found = l }) // there is no Close any more
		}
	}
	if found != nil {
		found.detached.Store(true)
		err = d.SetDeadline(pastDeadline)
		found.interrupt()
		s.run.room.Broadcast()
	}
	return found, err
}

// giveBack has a listener accept again that takeAway has stopped, which nobody here uses any more.
func (l *activeListener) giveBack() {
	if d, ok := netio.PlainListener(l.Listener).(deadliner); ok && l.detached.Load() {
		d.SetDeadline(time.Time{})
	}
}
