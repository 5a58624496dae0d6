package gateway

import (
	"syscall"
	"time"

	"github.com/postern-gateway/postern/internal/netio"
)

// idleAfter is how long a connection waits for its next request until nothing serves it any more.
const idleAfter = time.Second

// An idleWait is what an idle connection has instead of a goroutine. The connection's mu guards it.
type idleWait struct {
	stop  func()      // ends the watch for its next request
	timer *time.Timer // ends the connection; nil: it may be idle for ever
}

// becomeIdle has c wait for its next request: where the system can tell of it in no goroutine at
// all, elsewhere in a new one, which has a small stack. What has served c is done with.
func (c *conn) becomeIdle() {
	c.net.SetDeadline(time.Time{})
	c.setUntil()
	raw, _ := c.net.(syscall.Conn).SyscallConn()
	c.mu.Lock()
	defer c.mu.Unlock()
	c.state, c.service, c.inner = idle, nil, nil
	wait := idleWait{stop: netio.AwaitInput(raw, c.wake)}
	if wait.stop == nil {
		c.net.SetReadDeadline(c.until)
		go c.waitByRead()
		return
	}
	if !c.until.IsZero() {
		wait.timer = time.AfterFunc(time.Until(c.until), c.expire)
	}
	c.wait = &wait
}

// setUntil sets when c has been idle for long enough; the zero time is never. One that has had no
// request yet has one time for it, however often it becomes idle.
func (c *conn) setUntil() {
	limit := c.srv.run.limits.IdleTimeout
	if !c.given.Load() {
		if !c.until.IsZero() {
			return
		}
		limit = c.srv.run.limits.HeadTimeout
	}
	c.until = time.Time{}
	if limit > 0 {
		c.until = time.Now().Add(limit - c.srv.run.idleAfter)
	}
}

// wake has c served again: its next request has begun to come, or its end has.
func (c *conn) wake() {
	if wait := c.endWait(); wait != nil {
		c.srv.run.workers.serve(func() {
			wait.stop()
			c.start()
		})
	}
}

// expire closes c if it waits in no goroutine.
func (c *conn) expire() {
	if wait := c.endWait(); wait != nil {
		wait.stop()
		c.drop()
	}
}

// endWait ends c's wait and returns it to the one who has done so.
func (c *conn) endWait() *idleWait {
	c.mu.Lock()
	defer c.mu.Unlock()
	wait := c.wait
	if c.wait = nil; wait != nil && wait.timer != nil {
		wait.timer.Stop()
	}
	return wait
}

// waitByRead waits for c's next request, where nobody else does.
func (c *conn) waitByRead() {
	var first [1]byte
	if _, err := c.peek(first[:], 0); err != nil {
		c.drop()
		return
	}
	c.net.SetReadDeadline(time.Time{})
	c.start()
}
