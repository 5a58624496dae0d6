package fastcgi

import (
	"io"
	"strconv"
)

// A record is what is still to come of the record that is being read.
type record struct {
	h       header
	sink    sink
	s       *stream     // for toParams
	body    *bodyStream // for toBody
	left    int         // bytes of content
	padding int         // bytes after it
}

// A sink says where a record's content goes.
type sink uint8

const (
	toNobody sink = iota
	toParams
	toBody
	toControl
)

// step reads one record, or a part of one, and gives it to whom it belongs.
func (c *conn) step() error {
	c.work.Pause()
	switch {
	case c.rec.left > 0:
		return c.content()
	case c.rec.padding > 0:
		return c.skip(&c.rec.padding)
	}
	if err := c.fill(headerLen); err != nil {
		return err
	}
	h, _, err := consumeHeader(c.in.Buffered())
	if err != nil {
		return err
	}
	c.begun = true
	if h.content < plainContent {
		c.work.Piece()
	}
	c.in.Discard(headerLen)
	c.rec = record{h: h, left: h.content, padding: h.padding}
	if h.id == 0 {
		return c.manage(h)
	}
	return c.dispatch(h)
}

// plainContent is the content in bytes that makes a record no work of its own.
const plainContent = 256

// fill reads until n bytes are buffered. It gives up with errLookAgain when the reader must look at
// the state of the connection, and may then be called again.
func (c *conn) fill(n int) error {
	for {
		b := c.in.Buffered()
		if len(b) > 1 && b[0] != version1 && c.rec.left == 0 && c.rec.padding == 0 {
			_, _, err := consumeHeader(b)
			return c.wrongProtocol(err)
		}
		if len(b) >= n {
			return nil
		}
		if err := c.await(); err != nil {
			return err
		}
		var err error
		if c.idle.Load() == waiting {
			err = c.in.Wait(0)
		} else {
			err = c.in.More(n)
		}
		c.work.Read(len(c.in.Buffered()) - len(b))
		if c.idle.Swap(busy) == shutDown {
			return io.EOF
		}
		if err != nil {
			return c.readFailed(err)
		}
	}
}

// skip discards what is buffered of *left bytes.
func (c *conn) skip(left *int) error {
	if err := c.fill(1); err != nil {
		return err
	}
	n := min(*left, len(c.in.Buffered()))
	c.in.Discard(n)
	c.work.Bytes(n)
	*left -= n
	return nil
}

// content gives what is buffered of a record's content to its sink.
func (c *conn) content() error {
	if err := c.fill(1); err != nil {
		return err
	}
	b := c.in.Buffered()
	b = b[:min(len(b), c.rec.left)]
	switch c.rec.sink {
	case toNobody:
		c.work.Bytes(len(b))
	case toBody:
		return c.store(b)
	case toParams:
		c.keepParams(c.rec.s, b)
	case toControl:
		c.control = append(c.control, b...)
	}
	c.in.Discard(len(b))
	c.rec.left -= len(b)
	if c.rec.sink != toControl || c.rec.left > 0 {
		return nil
	}
	b = c.takeControl()
	if c.rec.h.typ == typeBegin {
		return c.begin(c.rec.h.id, b)
	}
	return c.answerValues(b)
}

// dispatch handles an application record.
func (c *conn) dispatch(h header) error {
	switch h.typ {
	case typeBegin:
		if h.content != beginLen {
			return malformed("read BEGIN_REQUEST", strconv.Itoa(h.content)+" bytes of content, want 8")
		}
		c.rec.sink = toControl
	case typeAbort:
		return c.abort(h.id)
	case typeParams:
		return c.readParams(h)
	case typeStdin, typeData:
		return c.readBody(h)
	}
	return nil
}

// readParams reads a PARAMS record. One that holds the whole stream is parsed where it is.
func (c *conn) readParams(h header) error {
	s := c.head(h.id)
	switch {
	case s == nil:
		return nil
	case h.content == 0:
		return c.whole(s, s.parse(s.params.join()))
	case s.params.size+h.content > c.lim.ParamBytes:
		c.refuse(s, headTooLarge(int64(s.params.size+h.content), int64(c.lim.ParamBytes), "bytes"))
		return nil
	}
	c.rec.sink, c.rec.s = toParams, s
	all := h.content + h.padding
	b := c.in.Buffered()
	if s.params.size > 0 || len(b) < all+headerLen {
		return nil
	}
	end, _, err := consumeHeader(b[all:])
	if err != nil || end.typ != typeParams || end.id != h.id || end.content > 0 {
		return nil
	}
	err = s.parse(b[:h.content])
	c.in.Discard(all + headerLen)
	c.rec = record{padding: end.padding}
	return c.whole(s, err)
}

// peekEnd ends f if the end of its stream is what is buffered next.
func (c *conn) peekEnd(f *bodyStream) bool {
	b := c.in.Buffered()
	if c.rec.left > 0 || c.rec.padding > len(b) {
		return false
	}
	b = b[c.rec.padding:]
	h, n, _ := consumeHeader(b)
	if n == 0 || h.typ != f.typ() || h.id != f.s.id || h.content > 0 {
		return false
	}
	c.in.Discard(c.rec.padding + n)
	c.rec = record{padding: h.padding}
	c.mu.Lock()
	defer c.mu.Unlock()
	f.ended = true
	return true
}

// readBody begins a record of STDIN or DATA, or ends that stream.
func (c *conn) readBody(h header) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	s := c.streams[h.id]
	if s == nil || s.dead {
		return nil
	}
	if s.state == inHead {
		return c.broken(s, malformed("read "+h.typ.String(), "a record before the end of PARAMS"))
	}
	f := &s.stdin
	if h.typ == typeData {
		f = &s.data
	}
	switch {
	case f.ended:
	case h.content == 0:
		f.end(nil)
	default:
		c.rec.sink, c.rec.body = toBody, f
	}
	return nil
}
