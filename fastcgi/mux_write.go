package fastcgi

import (
	"encoding/binary"
	"net"
	"os"
	"sync"
	"time"
)

// abortTimeout is how long the writing of a record may still take once its request was given up,
// and that of ABORT_REQUEST. Then the connection fails.
const abortTimeout = 5 * time.Second

// turnSize is how much is written at once, in bytes: the largest record that is sent.
const turnSize = 64 << 10

// A muxWrite is whole records that are to be written to a connection. Whoever has them waits until
// they are. One of those who wait writes for all whose records fit into turnSize, in the order in
// which they came: many small requests are one write.
type muxWrite struct {
	s       *muxStream // whose request it is; nil: that of nobody
	records []byte

	// Guarded by the connection's lock.
	cond  sync.Cond
	state writeState
	by    time.Time // until when it may wait and be written; zero: there is no limit
	n     int       // how many bytes were written
	err   error
}

// A writeState is how far a muxWrite has come.
type writeState uint8

const (
	queued  writeState = iota
	leaving            // somebody writes it
	written            // or failed
)

// Write implements net.Conn. p is whole records. One goroutine at a time may call it.
func (s *muxStream) Write(p []byte) (n int, err error) {
	for n < len(p) {
		m, err := s.c.write(&s.out, p[n:n+wholeRecords(p[n:], turnSize)])
		if n += m; err != nil {
			return n, err
		}
	}
	return n, nil
}

// wholeRecords is how many bytes the records at the beginning of b have that fit into most bytes.
func wholeRecords(b []byte, most int) (n int) {
	for n < len(b) {
		size := recordLen(b[n:])
		if n+size > most {
			break
		}
		n += size
	}
	return n
}

// recordLen is the length of the record at the beginning of b, which we have made.
func recordLen(b []byte) int {
	return headerLen + int(binary.BigEndian.Uint16(b[4:])) + int(b[6])
}

// write writes records, or has them written.
func (c *sharedConn) write(w *muxWrite, records []byte) (n int, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	w.cond.L = &c.mu
	w.records, w.state, w.n, w.err = records, queued, 0, nil
	if w.s != nil {
		w.by = w.s.writeBy
	}
	c.queue = append(c.queue, w)
	for w.state != written {
		if w.state == leaving {
			w.cond.Wait()
		} else if err := c.unwanted(w); err != nil {
			c.unqueue(w)
			return 0, err
		} else if !c.writing {
			c.writeQueue()
		} else {
			c.awaitTurn(w)
		}
	}
	return w.n, w.err
}

// unwanted returns why w needs not be written any more. The lock is held, here and below.
func (c *sharedConn) unwanted(w *muxWrite) error {
	switch {
	case c.err != nil:
		return c.err
	case w.s != nil && (w.s.ended || w.s.deaf()):
		return net.ErrClosed
	case !w.by.IsZero() && !time.Now().Before(w.by):
		return os.ErrDeadlineExceeded
	}
	return nil
}

// awaitTurn waits until somebody has written w, it may be w's turn to write, or its time is over.
func (c *sharedConn) awaitTurn(w *muxWrite) {
	if !w.by.IsZero() {
		late := time.AfterFunc(time.Until(w.by), func() {
			c.mu.Lock()
			defer c.mu.Unlock()
			w.cond.Signal()
		})
		defer late.Stop()
	}
	w.cond.Wait()
}

// address puts id into the records of b, and asks that the connection be kept.
func address(b []byte, id uint16) {
	for len(b) > 0 {
		binary.BigEndian.PutUint16(b[2:], id)
		if recordType(b[1]) == typeBegin {
			b[headerLen+2] |= flagKeepConn
		}
		b = b[recordLen(b):]
	}
}

// abort sends ABORT_REQUEST.
func (c *sharedConn) abort(id uint16) { c.write(new(muxWrite), appendRecord(nil, typeAbort, id, nil)) }
