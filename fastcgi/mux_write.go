package fastcgi

import (
	"encoding/binary"
	"net"
	"os"
	"time"

	"github.com/postern-gateway/postern/internal/bufpool"
)

// abortTimeout is how long the writing of a record may still take once its request was given up,
// and that of ABORT_REQUEST. Then the connection fails.
const abortTimeout = 5 * time.Second

// turnSize is how much one request may write before it is another's turn, in bytes: the largest
// record that is sent.
const turnSize = 64 << 10

// Write implements net.Conn. p is whole records.
func (s *muxStream) Write(p []byte) (n int, err error) {
	for n < len(p) {
		m, err := s.write(p[n : n+wholeRecords(p[n:], turnSize)])
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

// write writes records when it is the request's turn.
func (s *muxStream) write(p []byte) (n int, err error) {
	c := s.c
	if err := s.awaitTurn(); err != nil {
		return 0, err
	}
	defer func() { c.turns <- struct{}{} }()
	if err := s.beginWriting(); err != nil {
		return 0, err
	}
	buf := bufpool.KiB64.Get()
	defer bufpool.KiB64.Put(buf)
	b := append(buf[:0], p...)
	address(b, s.id)
	n, err = c.nc.Write(b)
	s.endWriting(n)
	if err != nil {
		c.writeFailed(err, n > 0)
	}
	return n, err
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

// awaitTurn waits until nobody else writes. Whoever has waited longest is the next.
func (s *muxStream) awaitTurn() error {
	c := s.c
	select {
	case <-c.turns:
		return nil
	default:
	}
	c.mu.Lock()
	if s.closed {
		c.mu.Unlock()
		return net.ErrClosed
	}
	if s.gone == nil {
		s.gone = make(chan struct{})
	}
	by := s.writeBy
	c.mu.Unlock()
	var late <-chan time.Time
	if !by.IsZero() {
		timer := time.NewTimer(time.Until(by))
		defer timer.Stop()
		late = timer.C
	}
	select {
	case <-c.turns:
		return nil
	case <-s.gone:
		return net.ErrClosed
	case <-c.dead:
		return c.err
	case <-late:
		return os.ErrDeadlineExceeded
	}
}

// beginWriting fails if nobody wants the request any more.
func (s *muxStream) beginWriting() error {
	c := s.c
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case c.err != nil:
		return c.err
	case s.ended || s.deaf():
		return net.ErrClosed
	}
	s.writing, s.begun = true, true
	c.nc.SetWriteDeadline(s.writeBy)
	return nil
}

// endWriting says that n bytes were written.
func (s *muxStream) endWriting(n int) {
	s.c.mu.Lock()
	defer s.c.mu.Unlock()
	s.writing = false
	if s.ended && !s.givenUp {
		s.c.freeIDs = append(s.c.freeIDs, s.id)
	}
}

// writeFailed says that a write has failed. A backend that has closed may have sent answers before:
// they are still read. After a part of a record nothing can be sent any more.
func (c *sharedConn) writeFailed(err error, inPart bool) {
	if e, ok := err.(net.Error); ok && e.Timeout() {
		c.fail(err)
		return
	}
	c.m.retire(c)
}

// abort sends ABORT_REQUEST.
func (c *sharedConn) abort(id uint16) {
	select {
	case <-c.turns:
	case <-c.dead:
		return
	}
	defer func() { c.turns <- struct{}{} }()
	c.nc.SetWriteDeadline(time.Now().Add(abortTimeout))
	if _, err := c.nc.Write(appendRecord(nil, typeAbort, id, nil)); err != nil {
		c.writeFailed(err, false)
	}
}
