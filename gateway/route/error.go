package route

import (
	"errors"
	"fmt"

	"github.com/postern-gateway/postern/internal/suggest"
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

// meant says which of the known words a mistyped one was probably meant to be, if any.
func meant(typed string, known ...string) string {
	if word := suggest.Nearest(typed, known...); word != "" {
		return "; did you mean " + word + "?"
	}
	return ""
}

// errRule is the kind of an error that the rules are to blame for.
var errRule = errors.New("the rules are wrong")
