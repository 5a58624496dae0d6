package netio

import (
	"errors"
	"io"
	"sync"
	"sync/atomic"
	"syscall"

	"github.com/postern-gateway/postern/internal/bufpool"
)

// A sending is the sending of a request on one connection.
type sending struct {
	conn    *PoolConn
	begun   bool                  // a goroutine sends the rest
	bodyErr atomic.Pointer[error] // why the body could not be read
	whole   atomic.Bool           // the whole request was written

	mu sync.Mutex // held during a write
	// The reset that a write has met. The kernel reports a reset once: a read does not see it after
	// a write has.
	resetErr error
}

// write writes b in one write under the timeout. last says that the request ends with b.
func (u *upload) write(s *sending, b []byte, last bool) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.conn.SetWriteDeadline(After(u.writeTimeout))
	n, err := s.conn.Write(b)
	if n > 0 {
		u.reached.Store(true)
	}
	if errors.Is(err, syscall.ECONNRESET) {
		s.resetErr = err
	}
	s.whole.Store(last && err == nil)
	return err
}

// end closes the connection but keeps its place in the pool, and reports whether the whole request
// was written before.
func (s *sending) end() (whole bool) {
	s.conn.Conn.Close()
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.whole.Load()
}

// closeConn closes the connection after it ended, and returns the reset that a write has met, if
// any.
func (s *sending) closeConn() error {
	s.conn.Close()
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.resetErr
}

// sendRest sends what follows first.
func (u *upload) sendRest(s *sending, rest []Part) {
	buf := bufpool.KiB64.Get()
	defer bufpool.KiB64.Put(buf)
	for i, p := range rest {
		if !u.sendPart(s, p, buf[:], i == len(rest)-1) {
			return
		}
	}
}

// sendPart sends p by way of buf.
func (u *upload) sendPart(s *sending, p Part, buf []byte, lastPart bool) bool {
	body, left := u.timeout.PauseFor(s.conn, p.Body), p.Length
	for ended := p.Body == nil; ; {
		n, err := 0, error(nil)
		if ended = ended || left == 0; !ended {
			room := buf[p.Before : len(buf)-p.After]
			if left > 0 {
				room = room[:min(left, int64(len(room)))]
			}
			n, err = body.Read(room)
			if left > 0 {
				left -= int64(n)
			}
			ended = left == 0 || left < 0 && err == io.EOF
		}
		if b := p.Frame(buf, n, ended); len(b) > 0 && u.write(s, b, ended && lastPart) != nil {
			return false
		}
		if ended {
			return true
		}
		if err != nil {
			err = u.unreadable(err)
			s.bodyErr.Store(&err)
			s.conn.Close()
			return false
		}
	}
}
