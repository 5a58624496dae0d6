package protocol

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"testing"
	"time"
)

func TestErrorIsOneLine(t *testing.T) {
	for _, row := range []struct {
		err  *Error
		want string
	}{
		{&Error{Protocol: "fastcgi", Op: "read params", Kind: ErrTooLarge, Detail: Exceeds(70000, 65536, "bytes")}, "fastcgi: read params: too large: 70000 > 65536 bytes"},
		{&Error{Op: "read body", Kind: ErrAborted}, "read body: aborted"},
		{&Error{Protocol: "scgi", Op: "connect", Kind: ErrUpstream, Err: io.EOF}, "scgi: connect: upstream: EOF"},
		{&Error{Op: "x", Detail: "no kind"}, "x: no kind"},
	} {
		if got := row.err.Error(); got != row.want {
			t.Errorf("%q, want %q", got, row.want)
		}
	}
}

func TestErrorsAreFound(t *testing.T) {
	err := fmt.Errorf("around: %w", &Error{Op: "x", Kind: ErrUpstream, Err: &Error{Op: "y", Kind: ErrTooLarge, Err: io.ErrUnexpectedEOF}})
	for _, want := range []error{ErrUpstream, ErrTooLarge, io.ErrUnexpectedEOF} {
		if !errors.Is(err, want) {
			t.Errorf("%v is not found", want)
		}
	}
	if errors.Is(err, ErrMalformed) {
		t.Error("a kind too many")
	}
	if !errors.Is(ErrGone, ErrAborted) || errors.Is(&Error{Op: "no kind"}, ErrAborted) {
		t.Error("ErrGone")
	}
}

func TestStatus(t *testing.T) {
	for _, row := range []struct {
		text string
		err  error
		want int
	}{
		{"malformed", ErrMalformed, 400}, {"too large", ErrTooLarge, 413}, {"unsupported", ErrUnsupported, 501},
		{"not found", ErrNotFound, 404}, {"forbidden", ErrForbidden, 403},
		{"upstream", ErrUpstream, 502}, {"aborted", ErrAborted, 400}, {"a short body", io.ErrUnexpectedEOF, 400},
		{"too slow", context.DeadlineExceeded, 504}, {"any other", errors.New("x"), 500}, {"none", nil, 500},
		{"one's own", &Error{Kind: ErrTooLarge, Status: 431}, 431},
		{"a wrapped one", fmt.Errorf("x: %w", &Error{Kind: ErrUnsupported}), 501},
		{"the outermost wins", &Error{Kind: ErrUpstream, Err: &Error{Kind: ErrTooLarge, Status: 431}}, 502},
		{"an upstream that was too slow", &Error{Kind: ErrUpstream, Err: context.DeadlineExceeded}, 504},
		{"an upstream's socket that was too slow", &Error{Kind: ErrUpstream, Err: os.ErrDeadlineExceeded}, 504},
		{"a client that was too slow", &Error{Kind: ErrAborted, Err: os.ErrDeadlineExceeded, Status: 408}, 408},
		{"without a kind", &Error{Op: "x"}, 500},
		{"a panic", &PanicError{Value: "x"}, 500},
		{"a panic with an error of a kind", &PanicError{Value: ErrTooLarge}, 500},
		{"joined", errors.Join(errors.New("x"), &Error{Kind: ErrMalformed}), 400},
	} {
		if got := Status(row.err); got != row.want {
			t.Errorf("%s: %d, want %d", row.text, got, row.want)
		}
	}
}

func TestPanicError(t *testing.T) {
	err := panicked(io.ErrClosedPipe)
	p, ok := err.(*PanicError)
	if !ok || !errors.Is(err, io.ErrClosedPipe) || len(p.Stack) == 0 || err.Error() != "handler panicked: io: read/write on closed pipe" {
		t.Errorf("%v", err)
	}
	if panicked("text").(*PanicError).Unwrap() != nil {
		t.Error("a text is no error")
	}
}

// A Retry-After is rounded up: who comes earlier comes in vain.
func TestRetrySeconds(t *testing.T) {
	for after, want := range map[time.Duration]string{
		-1: "", 0: "", 1: "1", time.Second: "1", time.Second + 1: "2", 1500 * time.Millisecond: "2", time.Minute: "60",
	} {
		if got := RetrySeconds(after); got != want {
			t.Errorf("%v: %q, want %q", after, got, want)
		}
	}
}
