package fastcgi

import "strconv"

// A muxRecord is the record that is read.
type muxRecord struct {
	open    bool       // its header was read
	s       *muxStream // nil: it is dropped
	end     bool       // it is an END_REQUEST
	left    int        // bytes of its content to come
	padding int
}

// records puts what is buffered where it belongs.
func (c *sharedConn) records() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	defer c.wake()
	for {
		if more, err := c.record(); !more || err != nil {
			return err
		}
	}
}

// wake wakes those for whom something came. The lock is held, here and below.
func (c *sharedConn) wake() {
	for i, s := range c.woken {
		s.woken = false
		s.cond.Signal()
		c.woken[i] = nil
	}
	c.woken = c.woken[:0]
}

// record reads on in the current record, and reports whether there may be more in the buffer.
func (c *sharedConn) record() (more bool, err error) {
	r := &c.rec
	if !r.open {
		if more, err = c.header(); !more || err != nil {
			return more, err
		}
	}
	b := c.in.Buffered()
	b = b[:min(len(b), r.left)]
	if r.s != nil {
		c.store(r.s, b)
	}
	c.in.Discard(len(b))
	if r.left -= len(b); r.left > 0 {
		return false, nil
	}
	skip := min(r.padding, len(c.in.Buffered()))
	c.in.Discard(skip)
	if r.padding -= skip; r.padding > 0 {
		return false, nil
	}
	if r.end && r.s != nil {
		r.s.end()
	}
	*r = muxRecord{}
	return true, c.err
}

// header reads a record's header, and reports whether it was there. END_REQUEST is read when the
// whole of its content is.
func (c *sharedConn) header() (ok bool, err error) {
	b := c.in.Buffered()
	h, n, err := consumeHeader(b)
	if n == 0 || err != nil {
		return false, err
	}
	s, err := c.of(h)
	if err != nil {
		return false, err
	}
	if h.typ == typeEnd && len(b) < n+endLen {
		return false, nil
	}
	c.rec = muxRecord{open: true, s: s, end: h.typ == typeEnd, left: h.content, padding: h.padding}
	c.in.Discard(n)
	if s == nil {
		return true, nil
	}
	if c.rec.end {
		if e, _ := consumeEnd(b[n:]); e.status == cantMpxConn {
			c.m.cannot(c)
		}
	}
	s.outDone = s.outDone || h.typ == typeStdout && h.content == 0
	var own [headerLen]byte
	c.store(s, appendHeader(own[:0], header{typ: h.typ, id: requestID, content: h.content}))
	return true, nil
}

// of returns the request of a record; nil says that the record is to be dropped.
func (c *sharedConn) of(h header) (*muxStream, error) {
	s, op, id := c.streams[h.id], "read record", strconv.Itoa(int(h.id))
	switch {
	case h.id == 0, s == nil && c.gone[h.id]:
		return nil, nil
	case s == nil || !s.begun:
		return nil, malformed(op, h.typ.String()+" for request id "+id+", which is not open")
	case h.typ == typeStdout && s.outDone && h.content > 0:
		return nil, malformed("read STDOUT", "a record after the end of the stream")
	case h.typ != typeStdout && h.typ != typeStderr && h.typ != typeEnd:
		return nil, malformed(op, h.typ.String()+" for request id "+id)
	case h.typ == typeEnd && h.content != endLen:
		return nil, malformed("read END_REQUEST", strconv.Itoa(h.content)+" bytes of content, want 8")
	}
	return s, nil
}
