package tap

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/postern-gateway/postern/protocol"
)

// A Filter lets pass the requests whose variables match, with their responses, and what happens to
// the connections on which one has matched. What is decoded of a request before its variables are
// whole is held until then. What cannot be told passes: bytes that cannot be decoded, a request
// whose variables never become whole, and one of more than maxMessage before they do, or of more
// than maxHeld with all others of its connection.
type Filter struct {
	// Conditions must all hold. None: all passes.
	Conditions []Condition
	// Emit is called with what passes.
	Emit func(*Message)

	conns map[*Conn]*filteredConn
}

// A Condition is what a variable is to be.
type Condition struct {
	Name    string
	Pattern string // "*" stands for any bytes
	Not     bool   // it is not to match
}

// ParseCondition reads NAME=PATTERN or NAME!=PATTERN. A variable that is not there is as an empty
// one.
func ParseCondition(text string) (Condition, error) {
	name, pattern, ok := strings.Cut(text, "=")
	name, not := strings.CutSuffix(name, "!")
	if !ok || name == "" {
		return Condition{}, fmt.Errorf("%q: write NAME=PATTERN, as in REQUEST_URI=/wiki*, or NAME!=PATTERN", text)
	}
	return Condition{name, pattern, not}, nil
}

// holds reports whether the variables are as they are to be.
func (c *Condition) holds(p protocol.Params) bool {
	return matches(c.Pattern, p.Get(c.Name)) != c.Not
}

// matches reports whether text is as pattern says.
func matches(pattern, text string) bool {
	parts := strings.Split(pattern, "*")
	last := len(parts) - 1
	text, ok := strings.CutPrefix(text, parts[0])
	if last == 0 {
		return ok && text == ""
	}
	for _, part := range parts[1:last] {
		i := strings.Index(text, part)
		if i < 0 {
			return false
		}
		text = text[i+len(part):]
	}
	return ok && strings.HasSuffix(text, parts[last])
}

// maxHeld is how much of a connection's requests is held, in bytes.
const maxHeld = 4 << 20

// A filteredConn is a connection of which something may pass.
type filteredConn struct {
	opened   *Message // until something has passed
	passed   bool
	requests map[int]*filteredRequest
	size     int // bytes of what is held of them
}

// A filteredRequest is a request that has not ended.
type filteredRequest struct {
	decided, passes bool
	held            []*Message // until it is decided
	size            int        // bytes of these
	ended           [2]bool
}

// Add takes the next message.
func (f *Filter) Add(m *Message) {
	if len(f.Conditions) == 0 {
		f.Emit(m)
		return
	}
	c := f.conns[m.Conn]
	if c == nil {
		if f.conns == nil {
			f.conns = make(map[*Conn]*filteredConn)
		}
		c = &filteredConn{requests: make(map[int]*filteredRequest)}
		f.conns[m.Conn] = c
	}
	if m.Kind == Closed {
		f.undecided(c)
	}
	switch {
	case m.Kind == Opened:
		opened := *m
		c.opened = &opened
	case m.Err() != nil && (m.Request == 0 || !m.hasNoBytes()) || m.Kind == Undecoded:
		f.pass(c, m)
	case m.Kind == Data:
		f.message(c, m)
	case c.passed:
		f.Emit(m)
	}
	if m.Kind == Closed {
		delete(f.conns, m.Conn)
	}
}

// undecided lets pass what is held of a connection that has ended.
func (f *Filter) undecided(c *filteredConn) {
	for _, number := range slices.Sorted(maps.Keys(c.requests)) {
		if r := c.requests[number]; !r.decided {
			f.decide(c, r, true)
		}
	}
}

// pass lets m pass, after the beginning of its connection.
func (f *Filter) pass(c *filteredConn, m *Message) {
	if !c.passed && c.opened != nil {
		f.Emit(c.opened)
	}
	c.passed = true
	f.Emit(m)
}

// message takes a message that may be of a request.
func (f *Filter) message(c *filteredConn, m *Message) {
	if m.Request == 0 {
		return
	}
	r := c.requests[m.Request]
	if r == nil || m.Begins && m.Side == protocol.RequestSide {
		if r != nil && !r.decided {
			f.decide(c, r, true)
		}
		r = new(filteredRequest)
		c.requests[m.Request] = r
	}
	if m.Params != nil && m.Side == protocol.RequestSide && !r.decided {
		f.decide(c, r, !slices.ContainsFunc(f.Conditions, func(cond Condition) bool { return !cond.holds(m.Params) }))
	}
	switch {
	case r.decided && r.passes:
		f.pass(c, m)
	case !r.decided:
		f.hold(c, r, m)
	}
	if r.ended[m.Side] = r.ended[m.Side] || m.Ends; r.ended[protocol.RequestSide] && !r.decided {
		f.decide(c, r, true)
	}
	if r.ended[0] && r.ended[1] {
		delete(c.requests, m.Request)
	}
}

func (f *Filter) decide(c *filteredConn, r *filteredRequest, passes bool) {
	r.decided, r.passes = true, passes
	c.size -= r.size
	for _, m := range r.held {
		if passes {
			f.pass(c, m)
		}
	}
	r.held, r.size = nil, 0
}

// hold keeps m, with bytes of its own, until r is decided.
func (f *Filter) hold(c *filteredConn, r *filteredRequest, m *Message) {
	kept := *m
	kept.Spans = slices.Clone(m.Spans)
	size := 0
	for i := range kept.Spans {
		kept.Spans[i].Bytes = slices.Clone(kept.Spans[i].Bytes)
		size += len(kept.Spans[i].Bytes)
	}
	r.size += size
	c.size += size
	r.held = append(r.held, &kept)
	if r.size > maxMessage || c.size > maxHeld {
		f.decide(c, r, true)
	}
}
