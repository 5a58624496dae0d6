package tap

import (
	"errors"
	"fmt"
	"time"

	"github.com/postern-gateway/postern/internal/sniff"
	"github.com/postern-gateway/postern/protocol"
)

// A conversation is what is known of a connection.
type conversation struct {
	conn    *Conn
	emit    func(*Message)
	tracer  protocol.Tracer // nil: it is not known yet, or nobody knows it
	sides   [2]decodedSide
	waiting []Event // while the protocol is not known
	held    int     // bytes of these
	unknown bool    // and never will be known
	now     time.Time
}

// A decodedSide is one side of it.
type decodedSide struct {
	w     *protocol.MessageWriter
	bytes int64
	dead  bool // what comes is not decoded
	lost  bool // bytes went that nobody has noted
}

// know keeps e while the protocol is not known, and finds it out. It reports whether e is to be
// taken now.
func (c *conversation) know(tracers []protocol.Tracer, e *Event) bool {
	first := c.firstBytes(e)
	final := e.Kind == Closed || e.Kind == Ended && e.Side == protocol.RequestSide || c.held+len(e.Data) > maxUnknown
	if len(first) < 2 && !final {
		kept := *e
		kept.Data = append([]byte(nil), e.Data...)
		c.waiting = append(c.waiting, kept)
		c.held += len(e.Data)
		return false
	}
	if w := sniff.Of(first); w != nil {
		for _, t := range tracers {
			if t.Name() == w.Name {
				c.begin(t)
			}
		}
	}
	c.unknown = c.tracer == nil
	for i := range c.waiting {
		c.add(&c.waiting[i])
	}
	c.waiting = nil
	return true
}

// firstBytes are the first bytes of the front that have come, with those of e.
func (c *conversation) firstBytes(e *Event) (first []byte) {
	for _, w := range append(c.waiting, *e) {
		if w.Kind == Data && w.Side == protocol.RequestSide {
			first = append(first, w.Data[:min(len(w.Data), 2)]...)
		}
	}
	return first
}

// begin begins to decode by t.
func (c *conversation) begin(t protocol.Tracer) {
	c.tracer = t
	request, response := protocol.Decoders(t)
	for side, decode := range map[protocol.Side]protocol.DecodeFunc{protocol.RequestSide: request, protocol.ResponseSide: response} {
		c.sides[side].w = &protocol.MessageWriter{Decode: decode, Limit: maxMessage, Emit: func(m protocol.Message) error {
			c.message(side, m)
			return nil
		}}
	}
}

// add takes an event of a connection whose protocol is known, or never will be.
func (c *conversation) add(e *Event) {
	c.now = e.Time
	s := &c.sides[e.Side]
	switch e.Kind {
	case Data:
		c.data(e.Side, e.Data)
		return
	case Ended, Reset:
		c.end(e.Side)
	case Lost:
		s.lost = true
		c.end(e.Side)
		s.dead = true
		s.bytes += e.Lost
	case Closed:
		c.end(protocol.RequestSide)
		c.end(protocol.ResponseSide)
	}
	m := c.newMessage(e.Kind, e.Side)
	m.Lost, m.Reason, m.Bytes = e.Lost, e.Err, [2]int64{c.sides[0].bytes, c.sides[1].bytes}
	c.emit(m)
}

// data decodes bytes. A decoder that panics has decoded its last message.
func (c *conversation) data(side protocol.Side, b []byte) {
	s := &c.sides[side]
	at := s.bytes
	s.bytes += int64(len(b))
	if s.dead || c.tracer == nil {
		c.undecoded(side, at, b)
		return
	}
	defer c.survive(side)
	if _, err := s.w.Write(b); err != nil {
		s.dead = true
	}
}

// end tells what is left of a message that is not whole.
func (c *conversation) end(side protocol.Side) {
	s := &c.sides[side]
	if s.w == nil || s.dead {
		return
	}
	s.dead = true
	defer c.survive(side)
	s.w.Close()
}

func (c *conversation) survive(side protocol.Side) {
	if v := recover(); v != nil {
		c.sides[side].dead = true
		var m protocol.Message
		m.Fail(nil, fmt.Errorf("the decoder failed: %v", v))
		c.message(side, m)
	}
}

// undecoded tells of bytes of which nobody knows what they are.
func (c *conversation) undecoded(side protocol.Side, at int64, b []byte) {
	m := c.newMessage(Undecoded, side)
	m.Title = "undecoded"
	m.Cut(b, len(b), protocol.SpanData, "undecoded", "")
	m.Spans[0].Offset = at
	if at == 0 {
		m.Hint = c.hint(side, b)
	}
	c.emit(m)
}

// message tells of a message.
func (c *conversation) message(side protocol.Side, decoded protocol.Message) {
	m := c.newMessage(Data, side)
	m.Message = decoded
	if c.sides[side].lost && m.hasNoBytes() {
		return // it says what has not come
	}
	if err := m.Err(); err != nil && m.Spans[0].Offset == 0 {
		var first []byte
		for _, span := range m.Spans {
			first = append(first, span.Bytes...)
		}
		m.Hint = c.hint(side, first)
	}
	c.emit(m)
}

// hasNoBytes reports whether the message is none of the wire's.
func (m *Message) hasNoBytes() bool { return len(m.Spans) == 1 && len(m.Spans[0].Bytes) == 0 }

func (c *conversation) newMessage(kind Kind, side protocol.Side) *Message {
	m := &Message{Conn: c.conn, Time: c.now, Kind: kind, Side: side}
	if c.tracer != nil {
		m.Protocol = c.tracer.Name()
	}
	return m
}

// hint says what a front seems to speak whose first bytes are of another protocol.
func (c *conversation) hint(side protocol.Side, first []byte) string {
	w := sniff.Of(first)
	if side != protocol.RequestSide || w == nil || w.Match(first) != protocol.StrongMatch || c.tracer != nil && w.Name == c.tracer.Name() {
		return ""
	}
	if c.tracer != nil {
		if err, ok := errors.AsType[*protocol.Error](sniff.ByName(c.tracer.Name()).WrongProtocol(first)); ok {
			return err.Detail
		}
	}
	return "these bytes look like " + w.Title()
}
