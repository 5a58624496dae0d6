package route

import (
	"fmt"

	"github.com/postern-gateway/postern/protocol"
)

// A Result is what a rule says of the rules behind it.
type Result uint8

// The results.
const (
	Next     Result = iota // the next rule
	Continue               // no further rule: the request goes on to the table's handler
	Break                  // no further rule, and no handler: the rules have answered, or do not
)

var resultNames = [...]string{"next", "continue", "break"}

func (r Result) String() string {
	if int(r) < len(resultNames) {
		return resultNames[r]
	}
	return "unknown result"
}

// A Rule is a row of a [Table]: what is done with the requests that meet a condition.
type Rule struct {
	Label string    // a place that a goto of an earlier rule names; empty: none
	If    Condition // nil: every request meets it
	Do    Action    // nil: nothing is done, and the result is Next

	At   Position // where it was written
	Text string   // as it was written, a password left out
}

// A Position is where a rule was written. The zero value is nowhere.
type Position struct {
	File         string // or what else the text is called
	Line, Column int    // in bytes, both from 1
}

// String returns "rules.ini:3:9"; "" of the zero value.
func (p Position) String() string {
	if p == (Position{}) {
		return ""
	}
	return fmt.Sprintf("%s:%d:%d", p.File, p.Line, p.Column)
}

// A Condition says which requests a rule is for. It is safe for concurrent use. It may be asked
// more than once for a request, and changes nothing.
type Condition interface {
	Meets(x *Exchange) (bool, error)
}

// ConditionFunc is a function as a [Condition].
type ConditionFunc func(x *Exchange) (bool, error)

// Meets calls f.
func (f ConditionFunc) Meets(x *Exchange) (bool, error) { return f(x) }

// Not is the condition that requests meet that do not meet c.
func Not(c Condition) Condition {
	return ConditionFunc(func(x *Exchange) (bool, error) {
		met, err := c.Meets(x)
		return !met, err
	})
}

// An Action is what a rule does. It is safe for concurrent use, and keeps nothing of x.
//
// An error ends the table, and is the request's: see [protocol.Handler].
type Action interface {
	Do(x *Exchange) (Result, error)
}

// ActionFunc is a function as an [Action].
type ActionFunc func(x *Exchange) (Result, error)

// Do calls f.
func (f ActionFunc) Do(x *Exchange) (Result, error) { return f(x) }

// A chooser is an action that only says where the request goes: it can do so by what net/http's
// server has read.
type chooser interface {
	Action
	choose(x *Exchange) (Result, error)
}

// Handle is the action that gives the request to h, which answers it: the result is Break.
func Handle(h protocol.Handler) Action { return handle{h} }

type handle struct{ protocol.Handler }

func (h handle) choose(x *Exchange) (Result, error) {
	x.to = h.Handler
	return Break, nil
}

// Do implements [Action].
func (h handle) Do(x *Exchange) (Result, error) { return Break, x.Pass(h.Handler) }
