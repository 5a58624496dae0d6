package route

import (
	"errors"
	"fmt"
)

// An Error is a rule that cannot be used.
type Error struct {
	At      Position
	Message string // what is wrong, and what was meant
}

func (e *Error) Error() string {
	if at := e.At.String(); at != "" {
		return at + ": " + e.Message
	}
	return e.Message
}

func errorAt(at Position, format string, args ...any) *Error {
	return &Error{at, fmt.Sprintf(format, args...)}
}

// errRule is the kind of an error that the rules are to blame for.
var errRule = errors.New("the rules are wrong")
