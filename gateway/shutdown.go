package gateway

import (
	"context"
	"sync"
	"syscall"
	"time"

	"github.com/postern-gateway/postern/internal/netio"
	"github.com/postern-gateway/postern/protocol"
)

// The waits between two looks for connections that have become idle: each twice the one before it.
const (
	firstLook = time.Millisecond
	lastLook  = 250 * time.Millisecond
)

// firstRequestTime is how long, after a shutdown began, a connection may take to send its first
// request.
const firstRequestTime = time.Second

// Shutdown closes the listeners, then idle connections, and lets requests that are being served
// end; each connection closes after its answer. It returns nil once all have ended. If ctx ends
// before that, it does as Close does and returns ctx's error.
//
// What was accepted is served, and what waits in the system's queues of the listeners: so where a
// successor has the same listening socket no request is lost. A connection that has had no request
// yet may still begin its first within 1 s of the call, and one that is kept is closed only if no
// further request has come; both are closed after that second.
//
// A hijacked connection counts as long as its handler runs.
func (s *Server) Shutdown(ctx context.Context) error {
	s.init()
	s.stop()
	done := make(chan struct{})
	go func() {
		s.run.tasks.Wait()
		close(done)
	}()
	defer s.endWeb()
	began := time.Now()
	for wait := firstLook; ; wait = min(2*wait, lastLook) {
		if time.Since(began) >= firstRequestTime {
			s.run.late.Store(true)
		}
		s.each((*conn).closeIdle)
		timer := time.NewTimer(wait)
		select {
		case <-done:
			timer.Stop()
			return nil
		case <-ctx.Done():
			timer.Stop()
			s.Close()
			<-done
			return ctx.Err()
		case <-timer.C:
		}
	}
}

// Close closes the listeners, ends every request's context with the cause ErrServerClosed, cuts
// every connection, and waits until all handlers have returned.
func (s *Server) Close() error {
	s.init()
	s.stop()
	s.run.late.Store(true)
	s.run.cancel(closedByServer)
	s.run.mu.Lock()
	s.run.room.Broadcast()
	s.run.mu.Unlock()
	var cuts sync.WaitGroup
	s.each(func(c *conn) { cuts.Go(c.cut) })
	cuts.Wait()
	s.run.tasks.Wait()
	s.endWeb()
	return nil
}

// stop closes the listeners and lets nobody in any more.
func (s *Server) stop() {
	r := &s.run
	r.mu.Lock()
	if !r.closing.Swap(true) {
		close(r.stopped)
	}
	for l := range r.listeners {
		l.stop()
	}
	r.room.Broadcast()
	web := r.web
	r.mu.Unlock()
	if web != nil {
		web.server.SetKeepAlivesEnabled(false)
	}
}

// each calls f for every connection.
func (s *Server) each(f func(*conn)) {
	s.run.mu.Lock()
	conns := make([]*conn, 0, len(s.run.conns))
	for c := range s.run.conns {
		conns = append(conns, c)
	}
	s.run.mu.Unlock()
	for _, c := range conns {
		f(c)
	}
}

// closeIdle closes the connection if no request is being read or served on it. One that has had
// none yet gets the time for it.
func (c *conn) closeIdle() {
	if !c.given.Load() && !c.srv.run.late.Load() {
		return
	}
	c.mu.Lock()
	service, waits := c.service, c.state == accepted || c.state == idle
	if waits = waits && !c.pending(); waits {
		c.net.Close() // with the lock: nobody has read a request before another state
	}
	c.mu.Unlock()
	if waits {
		c.expire()
	} else if service != nil {
		closeService(service)
	}
}

// closeService closes a connection if it is idle, as what serves it sees it.
func closeService(service any) bool {
	idler, ok := service.(protocol.Idler)
	return ok && idler.CloseIdle()
}

// pending reports whether the system has input for c that nobody has read.
func (c *conn) pending() bool {
	sc, ok := c.net.(syscall.Conn)
	if !ok {
		return false
	}
	raw, err := sc.SyscallConn()
	return err == nil && netio.Pending(raw)
}

// cut closes the connection at once, on TCP by a reset, once its service has said what else its
// peer needs: an end would pass for the end of a whole response. One that becomes idle from now on
// finds itself closed.
func (c *conn) cut() {
	c.closeIdle()
	c.cutting.Store(true)
	c.mu.Lock()
	service := c.service
	c.mu.Unlock()
	if cutter, ok := service.(protocol.Cutter); ok {
		cutter.Cut()
	}
	netio.ResetOnClose(c.net)
	c.net.Close()
	c.expire() // the system tells nobody of the input of what is closed
}

// endWeb ends net/http's server, which has no connections any more, and waits for it.
func (s *Server) endWeb() {
	s.run.mu.Lock()
	w := s.run.web
	s.run.mu.Unlock()
	if w != nil {
		w.server.Close()
		<-w.done
	}
}
