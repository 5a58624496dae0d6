package fetch

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"os"
	"strings"
	"syscall"

	"github.com/postern-gateway/postern/protocol"
)

// The numbers of errors are curl's.
const (
	CodeUsage       = 2   // the command line contradicts itself
	CodeURL         = 3   // no URL of a backend
	CodeResolve     = 6   // the host has no address
	CodeConnect     = 7   // nobody accepts a connection, or a program cannot be started
	CodeMalformed   = 8   // the answer is none of this protocol
	CodeIncomplete  = 18  // the answer ended too early
	CodeStatus      = 22  // the status is 400 or more, and that was to be an error
	CodeWrite       = 23  // the answer could not be written
	CodeRead        = 26  // a file of the request could not be read
	CodeTimeout     = 28  // the time is over
	CodeTLS         = 35  // no TLS came about
	CodeRedirects   = 47  // too many redirects
	CodeEmpty       = 52  // the peer closed without a byte
	CodeSend        = 55  // the request could not be sent
	CodeReceive     = 56  // the connection failed while the answer came
	CodeCertificate = 60  // the peer's certificate is not trusted, or another's
	CodeRewind      = 65  // the request's body cannot be sent again
	CodeInterrupted = 130 // a signal ended it, as a shell counts
)

// An Error says why there is no whole answer.
type Error struct {
	Code int // one of the numbers above
	Text string
	Err  error // the cause; nil: there is none beyond Text
}

func (e *Error) Error() string { return e.Text }

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// ExitStatus is the exit status of a command that fails so.
func (e *Error) ExitStatus() int { return e.Code }

func failed(code int, err error) *Error {
	if e, ok := errors.AsType[*Error](err); ok {
		return e
	}
	return &Error{Code: code, Text: err.Error(), Err: err}
}

func usage(text string) *Error { return &Error{Code: CodeUsage, Text: text} }

// A reach is how far an exchange had come when it failed.
type reach struct {
	sent     int64 // bytes of all kinds
	received int64
	head     bool // the answer's head has come
}

// codeOf returns the number of an error of a client.
func codeOf(ctx context.Context, err error, at reach) int {
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Code
	}
	_, unresolved := errors.AsType[*net.DNSError](err)
	own, _ := errors.AsType[*protocol.Error](err)
	early := errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF)
	switch {
	case errors.Is(context.Cause(ctx), context.Canceled):
		return CodeInterrupted
	case isTimeout(err):
		return CodeTimeout
	case unresolved:
		return CodeResolve
	case own != nil && (own.Op == "connect" || strings.HasPrefix(own.Op, "run ")), isDial(err):
		return CodeConnect
	case isUntrusted(err):
		return CodeCertificate
	case own != nil && strings.HasPrefix(own.Op, "TLS handshake"):
		return CodeTLS
	case at.head && (early || ownDetail(own, "short of its Content-Length")):
		return CodeIncomplete
	case at.received == 0 && early:
		return CodeEmpty
	case early:
		return CodeIncomplete
	case own != nil && own.Op == "write request":
		return CodeSend
	case !at.head && !isReset(err) && !isAlert(err):
		return CodeMalformed
	}
	return CodeReceive
}

func ownDetail(e *protocol.Error, part string) bool {
	return e != nil && strings.Contains(e.Detail, part)
}

func isTimeout(err error) bool {
	return errors.Is(err, context.DeadlineExceeded) || errors.Is(err, os.ErrDeadlineExceeded)
}

func isDial(err error) bool {
	e, ok := errors.AsType[*net.OpError](err)
	return ok && e.Op == "dial"
}

func isReset(err error) bool {
	return errors.Is(err, syscall.ECONNRESET) || errors.Is(err, syscall.EPIPE)
}

func isUntrusted(err error) bool {
	_, ok := errors.AsType[*tls.CertificateVerificationError](err)
	return ok
}

// isAlert reports whether the peer has ended TLS, as one does that wants another certificate of us.
func isAlert(err error) bool {
	e, ok := errors.AsType[*net.OpError](err)
	return ok && e.Op == "remote error"
}
