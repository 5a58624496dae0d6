package uwsgi

import (
	"context"
	"errors"
	"io"
	"strconv"

	"github.com/postern-gateway/postern/internal/netio"
	"github.com/postern-gateway/postern/internal/ratelimit"
	"github.com/postern-gateway/postern/internal/throttle"
	"github.com/postern-gateway/postern/protocol"
)

// A ping is a packet of modifier1 100 and modifier2 0. The answer has modifier2 1, and a block that
// is empty or a warning in words.

func appendPing(dst []byte) []byte { return AppendHeader(dst, Header{Modifier1: ModifierPing}) }

func appendPong(dst []byte) []byte {
	return AppendHeader(dst, Header{Modifier1: ModifierPing, Modifier2: 1})
}

// consumePong reads the answer to a ping. n == 0 without an error means that b ends too early.
func consumePong(b []byte) (warning string, n int, err error) {
	h, block, n := consumePacket(b)
	if len(b) >= HeaderSize && (h.Modifier1 != ModifierPing || h.Modifier2 != 1) {
		return "", 0, fail("ping", protocol.ErrMalformed, "the answer is of modifiers "+h.Modifier1.String()+", "+strconv.Itoa(int(h.Modifier2)))
	}
	return string(block), n, nil
}

// pingsAtOnce is how many pings a second are answered at once. Further ones wait.
const pingsAtOnce = 100

var pings ratelimit.Limiter

// answerPing answers a ping. The connection ends with it, as with a request.
func answerPing(c *netio.OneRequest, _ *protocol.Request, _ []byte) error {
	if ok, _ := pings.Allow(pingsAtOnce); !ok {
		throttle.End()
	}
	c.SetOut(appendPong(c.Out()))
	return netio.ErrAnswered
}

// Ping asks whether the server is there and serving. A server may answer with a warning, which says
// what is wrong with it in words. The context bounds the whole exchange. Its connection does not
// count for MaxOpen.
func (c *Client) Ping(ctx context.Context) (warning string, err error) {
	conn, err := c.Dial(ctx)
	if err != nil {
		return "", pingFailed(ctx, err)
	}
	defer conn.Close()
	defer context.AfterFunc(ctx, func() { conn.Close() })()
	if _, err := conn.Write(appendPing(nil)); err != nil {
		return "", pingFailed(ctx, err)
	}
	var b []byte
	for {
		piece := make([]byte, 512)
		got, err := conn.Read(piece)
		b = append(b, piece[:got]...)
		warning, n, werr := consumePong(b)
		switch {
		case werr != nil:
			return "", pingFailed(ctx, werr)
		case n > 0:
			return warning, nil
		case err == io.EOF:
			return "", pingFailed(ctx, errors.New("the answer ended after "+strconv.Itoa(len(b))+" bytes"))
		case err != nil:
			return "", pingFailed(ctx, err)
		}
	}
}

func pingFailed(ctx context.Context, err error) error {
	if cause := context.Cause(ctx); cause != nil {
		err = cause
	}
	return &protocol.Error{Protocol: "uwsgi", Op: "ping", Kind: protocol.ErrUpstream, Err: err}
}
