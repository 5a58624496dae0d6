package rpc

import (
	"errors"
	"net/http"
	"strconv"

	"github.com/postern-gateway/postern/protocol"
	"github.com/postern-gateway/postern/uwsgi"
)

// What a call can carry.
const (
	MaxArgs = 254            // arguments
	MaxArg  = uwsgi.MaxBlock // bytes of one argument
	MaxName = 255            // bytes of a function's name
)

// The forms of a call, its packet's modifier2.
const (
	formPacket = 0 // the answer is a packet
	formRaw    = 1 // the answer is the result alone
	formPath   = 2 // HTTP, function and arguments in PATH_INFO
	formXML    = 3 // HTTP with an XML-RPC body
	formJSON   = 4 // HTTP with a JSON-RPC body
	formLong   = 5 // of an answer: variables, then the result
)

// The variables of a long answer. One with a status is a failure and has no length, so that uWSGI
// takes it for one.
const (
	varLength = "CONTENT_LENGTH"
	varStatus = "RPC_STATUS"
	varError  = "RPC_ERROR"
)

// checkCall reports why a call of name with args cannot be made at all.
func checkCall(name string, args [][]byte) error {
	if err := checkName(name); err != nil {
		return err
	}
	if len(args) > MaxArgs {
		return tooLarge(len(args), MaxArgs, "arguments")
	}
	for i, a := range args {
		if len(a) > MaxArg {
			return tooLarge(len(a), MaxArg, "bytes in argument "+strconv.Itoa(i+1))
		}
	}
	return nil
}

func checkName[T string | []byte](name T) error {
	switch {
	case len(name) == 0:
		return malformed("the function's name is empty")
	case len(name) > MaxName:
		return tooLarge(len(name), MaxName, "bytes in the function's name")
	}
	for i := range len(name) {
		if name[i] == 0 {
			return malformed("there is a NUL in the function's name " + strconv.Quote(protocol.Clip(string(name))))
		}
	}
	return nil
}

// appendCall appends the packet of a call. What does not fit is an error and appends nothing.
func appendCall(dst []byte, form uint8, name string, args [][]byte) ([]byte, error) {
	if err := checkCall(name, args); err != nil {
		return dst, err
	}
	size := 2 + len(name)
	for _, a := range args {
		size += 2 + len(a)
	}
	if size > uwsgi.MaxBlock {
		return dst, tooLarge(size, uwsgi.MaxBlock, "bytes in the call")
	}
	dst = uwsgi.AppendHeader(dst, uwsgi.Header{Modifier1: uwsgi.ModifierRPC, Size: size, Modifier2: form})
	dst = uwsgi.AppendString(dst, name)
	for _, a := range args {
		dst = uwsgi.AppendString(dst, a)
	}
	return dst, nil
}

// consumeArray reads the block of a call, the mirror of appendCall, into args, whose room it uses.
// name and the arguments are parts of block. With skipEmpty items without a byte are left out,
// wherever they stand: so a front can pad.
func consumeArray(block []byte, skipEmpty bool, args [][]byte) (name []byte, _ [][]byte, err error) {
	named := false
	for item := 1; len(block) > 0; item++ {
		n := uwsgi.ConsumeString(block)
		if n > len(block) {
			return nil, nil, malformed("item " + strconv.Itoa(item) + " takes " + strconv.Itoa(n) + " bytes of the " +
				strconv.Itoa(len(block)) + " that are left of the block")
		}
		s := block[2:n:n]
		block = block[n:]
		switch {
		case skipEmpty && len(s) == 0:
		case !named:
			name, named = s, true
		case len(args) == MaxArgs:
			return nil, nil, tooLarge(len(args)+1+countItems(block, skipEmpty), MaxArgs, "arguments")
		default:
			args = append(args, s)
		}
	}
	if !named {
		return nil, nil, malformed("no function is named")
	}
	return name, args, checkName(name)
}

// countItems counts the items of the rest of a block, for an error's text.
func countItems(block []byte, skipEmpty bool) (count int) {
	for len(block) > 0 {
		n := uwsgi.ConsumeString(block)
		if n > 2 || !skipEmpty {
			count++
		}
		block = block[min(n, len(block)):]
	}
	return count
}

// appendAnswer appends what stands before a result of length bytes in an answer that is a packet.
func appendAnswer(dst []byte, length int64) []byte {
	if length <= uwsgi.MaxBlock {
		return uwsgi.AppendHeader(dst, uwsgi.Header{Modifier1: uwsgi.ModifierRPC, Size: int(length)})
	}
	return appendLong(dst, varLength, strconv.FormatInt(length, 10))
}

// appendFailure appends the answer of a call that failed.
func appendFailure(dst []byte, status int, text string) []byte {
	text = text[:min(len(text), maxMessage)]
	return appendLong(dst, varStatus, strconv.Itoa(status), varError, text)
}

// appendLong appends a packet of variables.
func appendLong(dst []byte, namesAndValues ...string) []byte {
	size := 0
	for _, s := range namesAndValues {
		size += 2 + len(s)
	}
	dst = uwsgi.AppendHeader(dst, uwsgi.Header{Modifier1: uwsgi.ModifierRPC, Size: size, Modifier2: formLong})
	for _, s := range namesAndValues {
		dst = uwsgi.AppendString(dst, s)
	}
	return dst
}

// consumeAnswer reads what stands before a result, the mirror of appendAnswer and appendFailure: a
// failure is an *Error. n == 0 without an error means that b ends too early. The answer's modifier1
// says nothing, as for uWSGI, and of its modifier2 only that of a long answer.
func consumeAnswer(b []byte) (length int64, n int, err error) {
	h, n := uwsgi.ConsumeHeader(b)
	switch {
	case n == 0:
		return 0, 0, nil
	case string(b[:uwsgi.HeaderSize]) == "HTTP":
		return consumeHTTP(b)
	case h.Modifier2 != formLong:
		return int64(h.Size), n, nil
	case len(b) < n+h.Size:
		return 0, 0, nil
	}
	block := b[n : n+h.Size]
	p, err := uwsgi.ConsumeVariables(block, 64)
	if err != nil {
		return 0, n, err
	}
	if status, ok := p.Lookup(varStatus); ok {
		code, err := strconv.ParseUint(status, 10, 16)
		if err != nil || code < 400 || code > 599 {
			return 0, n, malformed(varStatus + " " + strconv.Quote(protocol.Clip(status)))
		}
		return 0, n, &Error{Status: int(code), Message: p.Get(varError)}
	}
	text := p.Get(varLength)
	if length, err := strconv.ParseInt(text, 10, 64); err == nil && length >= 0 && text[0] != '+' && text[0] != '-' {
		return length, n + h.Size, nil
	}
	return 0, n, malformed("a long answer with " + varLength + " " + strconv.Quote(protocol.Clip(text)))
}

// consumeHTTP reads an answer of HTTP's form, by which a server that knows no such call refuses it.
func consumeHTTP(b []byte) (length int64, n int, err error) {
	status, _, n, err := protocol.ParseHead(b)
	switch {
	case err != nil:
		return 0, n, err
	case n == 0:
		return 0, 0, nil
	case status < http.StatusBadRequest:
		return 0, n, malformed("the answer is HTTP's, with status " + strconv.Itoa(status))
	}
	return 0, n, &Error{Status: status, Message: "said by HTTP: the server knows no RPC, or its port is one of HTTP"}
}

func malformed(detail string) error {
	return &protocol.Error{Protocol: "uwsgi", Op: "rpc", Kind: protocol.ErrMalformed, Detail: detail}
}

func tooLarge[T int | int64](got, limit T, unit string) error {
	return &protocol.Error{Protocol: "uwsgi", Op: "rpc", Kind: protocol.ErrTooLarge, Detail: protocol.Exceeds(int64(got), int64(limit), unit)}
}

// named says of which function err is. It changes err, which must be new.
func named(name string, err error) error {
	if e, ok := errors.AsType[*protocol.Error](err); ok && e.Op == "rpc" {
		e.Op += " " + strconv.Quote(protocol.Clip(name))
	}
	return err
}
