package rpc

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/postern-gateway/postern/protocol"
)

// An Error is a failure that the caller is told of. A function returns one to say more than that it
// has failed: the text of any other error is for the log alone. A [Client] and [Local] return one
// for what the other side has answered.
type Error struct {
	// Status is one of HTTP's, from 400 to 599, that says what is wrong: 404 that there is no such
	// function, 403 that the caller may not call it, 503 that too much runs already. 0: 500.
	Status int
	// Message is for the caller; its first 1,024 bytes are sent. It may be empty. As a peer may
	// have sent it, Error quotes one that is more than a line of text.
	Message string
	// Code is what the bridges send as the fault's or error's code. 0: they derive one.
	Code int

	name string // of the function, where the caller knows it
}

// ErrNoAnswer is what a call fails with that was answered without a byte: uWSGI does so for an
// unknown function, one that has failed, and one that has returned nothing.
var ErrNoAnswer = errors.New("no answer: uWSGI says so that the function is unknown, has failed, or has returned nothing")

// Errorf returns an [Error] with a status and a message for the caller.
func Errorf(status int, format string, args ...any) *Error {
	return &Error{Status: status, Message: fmt.Sprintf(format, args...)}
}

func (e *Error) Error() string {
	s := "rpc"
	if e.name != "" {
		s += " " + strconv.Quote(protocol.Clip(e.name))
	}
	s += ": " + strconv.Itoa(e.status()) + " " + http.StatusText(e.status())
	if e.Message != "" {
		s += ": " + oneLine(e.Message)
	}
	return s
}

// maxMessage bounds a message, in bytes.
const maxMessage = 1024

// oneLine returns a message as a part of a line, in which nothing moves a terminal's cursor.
func oneLine(message string) string {
	if len(message) > maxMessage {
		message = message[:maxMessage] + "..."
	}
	if !utf8.ValidString(message) || strings.ContainsFunc(message, func(r rune) bool { return !unicode.IsPrint(r) }) {
		return strconv.Quote(message)
	}
	return message
}

func (e *Error) status() int {
	if e.Status < 400 || e.Status > 599 {
		return http.StatusInternalServerError
	}
	return e.Status
}

// Unwrap returns the kind of error that has the status: [protocol.ErrNotFound] for 404, and so on;
// [protocol.ErrUpstream] for others.
func (e *Error) Unwrap() error { return protocol.KindOf(e.status()) }

// failed makes what a function has failed with an error of the call, which tells the status.
func failed(name string, err error) error {
	e := &protocol.Error{Protocol: "uwsgi", Op: "rpc " + strconv.Quote(protocol.Clip(name)), Kind: errFailed, Err: err}
	if own, ok := errors.AsType[*Error](err); ok {
		e.Kind, e.Status = own.Unwrap(), own.status()
	}
	if _, ok := errors.AsType[*protocol.PanicError](err); ok {
		return err
	}
	return e
}

// failedIn is failed for an error that may say no more than that ctx has ended, as the caller has
// gone: that is no failure of the function.
func failedIn(ctx context.Context, name string, err error) error {
	cause := context.Cause(ctx) // of net/http's requests a bare Canceled
	if (cause == context.Canceled || errors.Is(cause, protocol.ErrAborted)) && (errors.Is(err, context.Canceled) || errors.Is(err, protocol.ErrAborted)) {
		return &protocol.Error{Protocol: "uwsgi", Op: "rpc " + strconv.Quote(protocol.Clip(name)), Kind: protocol.ErrAborted, Err: err, Detail: "the caller has gone"}
	}
	return failed(name, err)
}

// errFailed is the kind of an error of a function that says no more.
var errFailed = errors.New("the function failed")

// toCaller returns what the caller is told of err, which may be nothing: the message of an [Error],
// and what is wrong with the call itself.
func toCaller(err error) string {
	if own, ok := errors.AsType[*Error](err); ok {
		return own.Message
	}
	e, ok := errors.AsType[*protocol.Error](err)
	if ok && e.Err == nil && e.Kind != errFailed {
		return e.Detail
	}
	return ""
}
