package route

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"strconv"
	"strings"

	"github.com/postern-gateway/postern/protocol"
)

// A Caller calls functions by their names, as uWSGI's RPC does. What it returns is the caller's. It
// is safe for concurrent use.
type Caller interface {
	Call(ctx context.Context, name string, args ...[]byte) ([]byte, error)
}

// An invocation is a function and its arguments, as a rule has them.
type invocation struct {
	caller Caller
	name   string
	node   string // empty: this process
	args   []template
}

// arguments expands the arguments.
func (c *invocation) arguments(x *Exchange) [][]byte {
	args := make([][]byte, len(c.args))
	for i := range c.args {
		args[i] = []byte(c.args[i].Expand(x))
	}
	return args
}

// call calls the function.
func (c *invocation) call(x *Exchange) ([]byte, error) {
	args := c.arguments(x)
	x.noteCall(c, args)
	return c.with(x.Context(), args)
}

// with calls the function with arguments. An error has the status of a gateway's.
func (c *invocation) with(ctx context.Context, args [][]byte) ([]byte, error) {
	b, err := c.caller.Call(ctx, c.name, args...)
	if err == nil {
		return b, nil
	}
	if _, panicked := errors.AsType[*protocol.PanicError](err); panicked || errors.Is(err, protocol.ErrAborted) {
		return nil, err
	}
	failed := &protocol.Error{Op: "route: call " + strconv.Quote(c.String()), Kind: protocol.ErrUpstream, Err: err}
	if status := protocol.Status(err); status == http.StatusServiceUnavailable || status == http.StatusGatewayTimeout {
		failed.Status = status
	}
	return nil, failed
}

// String returns the function as a rule names it.
func (c *invocation) String() string {
	if c.node == "" {
		return c.name
	}
	return c.name + "@" + c.node
}

// noteCall says what is called, for [Table.Explain].
func (x *Exchange) noteCall(c *invocation, args [][]byte) {
	if x.steps == nil {
		return
	}
	quoted := make([]string, len(args))
	for i, a := range args {
		quoted[i] = strconv.Quote(protocol.Clip(string(a)))
	}
	x.Note("calls %s(%s)", c, strings.Join(quoted, ", "))
}

// An answerCall is rpc or call.
type answerCall struct{ invocation }

// Do implements [Action].
func (c *answerCall) Do(x *Exchange) (Result, error) {
	b, err := c.call(x)
	if err != nil {
		return Break, err
	}
	if x.steps != nil {
		x.Note("answers %d bytes", len(b))
	}
	return x.answer(b)
}

// A variableCall is rpcvar.
type variableCall struct {
	invocation
	variable string
}

// Do implements [Action].
func (c *variableCall) Do(x *Exchange) (Result, error) {
	b, err := c.call(x)
	if errors.Is(err, protocol.ErrAborted) {
		return Break, err
	}
	if err != nil {
		x.warn("call failed: the variable is empty", err, slog.String("variable", c.variable))
	}
	x.Note("%s is %q", c.variable, protocol.Clip(string(b)))
	x.Set(c.variable, string(b))
	return Next, nil
}

// warn logs what a rule goes on after.
func (x *Exchange) warn(text string, err error, more ...slog.Attr) {
	attrs := append([]slog.Attr{slog.String("rule", place(x.table.rules, x.at)), slog.Any("err", err)}, more...)
	x.Log().LogAttrs(x.Context(), slog.LevelWarn, text, attrs...)
}

// A resultCall is rpcret.
type resultCall struct{ invocation }

// Do implements [Action].
func (c *resultCall) Do(x *Exchange) (Result, error) {
	b, err := c.call(x)
	if err != nil {
		return Break, err
	}
	said := string(b)
	if said == "" { // uWSGI's functions fail so
		return Break, &protocol.Error{Op: "route: call " + strconv.Quote(c.String()), Kind: protocol.ErrUpstream, Detail: "the function said nothing"}
	}
	x.Note("it says %q", protocol.Clip(said))
	label, isGoto := strings.CutPrefix(said, "goto ")
	status, isBreak := strings.CutPrefix(said, "break")
	switch {
	case said == "next":
		return Next, nil
	case isGoto:
		return x.Goto(label)
	case isBreak:
		return Break, x.breakOff(status)
	case said != "continue":
		x.warn("a function said nothing that rpcret knows, and the request goes on: next, continue, break, break 403 Forbidden, or goto LABEL is meant",
			errors.New(strconv.Quote(protocol.Clip(said))), slog.String("function", c.String()))
	}
	return Continue, nil
}

// breakOff answers with a status, which any one byte parts from what was before it. Less than a
// status is none.
func (x *Exchange) breakOff(status string) error {
	if len(status) <= 1 {
		return nil
	}
	code, err := parseStatus(status[1:])
	if err != nil {
		return &protocol.Error{Op: "route", Kind: protocol.ErrUpstream, Err: err}
	}
	x.end(code, status[1:])
	return nil
}
