package rpc

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"slices"

	"github.com/postern-gateway/postern/internal/bufpool"
	"github.com/postern-gateway/postern/protocol"
)

// DefaultMaxAnswer is how long a result may be of which [Client.MaxAnswer] says nothing, in bytes.
const DefaultMaxAnswer = 64 << 20

// A Client calls functions in other processes, each on a connection of its own. Only Dial must be
// set, or Nodes. It is safe for concurrent use and must not be changed once in use.
type Client struct {
	// Dial connects to the node.
	Dial func(ctx context.Context) (net.Conn, error)

	// Nodes connect to further nodes, which have the same functions. A call goes to the first node,
	// Dial's, and to the next one only where the one before cannot have begun it: it could not be
	// connected to, the call could not be sent whole, or it answered that too much runs (503).
	Nodes []func(ctx context.Context) (net.Conn, error)

	// Limits bound the waiting: FirstByteTimeout for an answer to begin, ReadTimeout for each
	// further piece, WriteTimeout for the sending. nil: the defaults.
	Limits *protocol.Limits

	// MaxAnswer is how long a result may be, in bytes; one that is longer is an ErrTooLarge. No
	// more than that is allocated, whatever a node declares. 0: 64 MiB; less: no limit.
	MaxAnswer int64

	// Raw asks for a result without a header (modifier2 1), which ends with the connection. A
	// failure is then an ErrNoAnswer, and so is a result without a byte; and one that was cut is
	// known only where the connection was reset.
	Raw bool

	// RefuseEmpty makes an empty argument an error before anything is sent. uWSGI drops one: the
	// function would get fewer arguments, or, where it is the last, not be called.
	RefuseEmpty bool
}

// Call implements [Caller]. A name or arguments that a packet cannot carry are an error before
// anything is sent: more than 254 arguments, more than 65,535 bytes in all with two for each. What
// the node answers with in the place of a result is an [*Error]; ErrNoAnswer is an answer without a
// byte. All other errors are *protocol.Error; one whose NotSent is set has called nothing. The
// context bounds the whole call.
func (c *Client) Call(ctx context.Context, name string, args ...[]byte) ([]byte, error) {
	x := &exchange{client: c, ctx: ctx, name: name}
	x.to = &x.result
	if err := x.call(args); err != nil {
		return nil, err
	}
	return x.result.bytes, nil
}

// CallTo is Call for a result that is long: it is written to w as it comes, and n bytes of it were.
// An error after the first of them leaves w with a part.
func (c *Client) CallTo(ctx context.Context, w io.Writer, name string, args ...[]byte) (n int64, err error) {
	to := &streamed{w: w}
	x := &exchange{client: c, ctx: ctx, name: name, to: to}
	err = x.call(args)
	return to.n, err
}

// call makes the call at one node, or at the next where it may.
func (x *exchange) call(args [][]byte) (err error) {
	c := x.client
	x.lim = c.Limits.Resolve()
	form := uint8(formPacket)
	if c.Raw {
		form = formRaw
	}
	if c.RefuseEmpty {
		if i := slices.IndexFunc(args, func(a []byte) bool { return len(a) == 0 }); i >= 0 {
			return named(x.name, malformed("an argument is empty, which uWSGI drops"))
		}
	}
	buf := bufpool.KiB32.Get()
	defer bufpool.KiB32.Put(buf)
	if x.packet, err = appendCall(buf[:0], form, x.name, args); err != nil {
		return named(x.name, err)
	}
	err = x.attempt(c.Dial)
	for _, dial := range c.Nodes {
		if err == nil || x.ctx.Err() != nil || !mayAskNext(err) {
			break
		}
		err = x.attempt(dial)
	}
	return err
}

// mayAskNext reports whether another node may be asked: this one cannot have begun the call.
func mayAskNext(err error) bool {
	if own, ok := errors.AsType[*Error](err); ok {
		return own.Status == http.StatusServiceUnavailable
	}
	e, ok := errors.AsType[*protocol.Error](err)
	return ok && e.NotSent
}

func (c *Client) maxAnswer() int64 { return limitOf(c.MaxAnswer, DefaultMaxAnswer) }
