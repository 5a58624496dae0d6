package fetch

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"os"
	"strconv"
	"syscall"
	"time"

	"github.com/postern-gateway/postern/protocol"
)

// explain makes an error of the client an [*Error]: one line with the operation, the address, what
// is wrong, and what the other end probably is.
func (x *exchange) explain(ctx context.Context, err error) *Error {
	if e, ok := errors.AsType[*Error](err); ok {
		return e
	}
	at, first := x.reached()
	code := codeOf(ctx, err, at)
	url, hint := x.f.target.Backend.String(), ""
	switch code {
	case CodeEmpty, CodeMalformed, CodeIncomplete, CodeReceive:
		if !at.head && x.conn.Load() != nil {
			hint = Speaks(x.f.target.Backend.Protocol, first)
		}
		if hint != "" && len(first) > 0 {
			code = CodeMalformed
		}
	case CodeTLS:
		if e, ok := errors.AsType[tls.RecordHeaderError](err); ok {
			hint = Speaks("", e.RecordHeader[:])
		}
	}
	text := ""
	switch code {
	case CodeInterrupted:
		return errInterrupted
	case CodeTimeout:
		text = x.late(url, at)
	case CodeConnect, CodeResolve:
		why := err
		if dial, ok := errors.AsType[*net.OpError](err); ok {
			why = dial
		}
		text = "connect to " + url + ": " + because(why) + adviceFor(err)
	default:
		text = url + ": " + because(err)
		if at.received > 0 && at.head {
			text += "; " + strconv.FormatInt(x.bytes, 10) + " bytes of the body had come"
		}
		if hint != "" {
			text += "; " + hint
		}
	}
	return &Error{Code: code, Text: text, Err: err}
}

// reached is how far the exchange is, and how the answer begins.
func (x *exchange) reached() (at reach, first []byte) {
	at.head = x.res != nil
	if c := x.conn.Load(); c != nil {
		at.sent, at.received, first = c.sent.Load(), c.received.Load(), c.firstBytes()
	}
	return at, first
}

// late says for what the time was too short.
func (x *exchange) late(url string, at reach) string {
	took := time.Since(x.began).Round(time.Millisecond).String()
	switch {
	case x.f.target.Backend.Network == "file":
		return url + ": the program has not ended within " + took
	case x.conn.Load() == nil:
		return "connect to " + url + ": no connection within " + took
	case at.received == 0:
		return url + ": it accepted the connection and has said nothing within " + took
	}
	return url + ": the answer was not whole after " + took + ": " + strconv.FormatInt(at.received, 10) + " bytes had come"
}

// because is what is wrong, without the words that are of interest to a gateway alone.
func because(err error) string {
	if own, ok := err.(*protocol.Error); ok {
		text := own.Op
		if own.Op == "connect" {
			text = ""
		}
		for _, more := range []string{own.Detail, causeText(own)} {
			if more != "" && text != "" {
				text += ": "
			}
			text += more
		}
		return text
	}
	if op, ok := err.(*net.OpError); ok {
		if call, ok := op.Err.(*os.SyscallError); ok {
			return call.Err.Error()
		}
		return op.Err.Error()
	}
	return err.Error()
}

func causeText(e *protocol.Error) string {
	switch {
	case e.Err != nil:
		return because(e.Err)
	case e.Kind == protocol.ErrUpstream || e.Kind == nil:
		return ""
	}
	return e.Kind.Error()
}

// adviceFor says what to do about an error of connecting.
func adviceFor(err error) string {
	switch {
	case errors.Is(err, syscall.EACCES):
		return ": the mode, owner and group of the socket say who may connect"
	case errors.Is(err, syscall.ENOENT):
		return ": does the server run, and is this its socket?"
	case errors.Is(err, syscall.ENOTDIR):
		return ": a colon parts the socket's path from the request's, as in fastcgi+unix:/run/php/php-fpm.sock:/status"
	case errors.Is(err, syscall.ECONNREFUSED):
		return ": does the server run, and is this its address?"
	}
	return ""
}
