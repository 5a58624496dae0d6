package explore

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"slices"
	"strconv"

	"github.com/postern-gateway/postern/protocol"
)

// A Change is a side of a conversation of which somebody has changed bytes.
type Change struct {
	Input    Input  `json:"input"` // as it was before
	Wire     string `json:"wire"`
	Response bool   `json:"response"`
	Bytes    []byte `json:"bytes"`
}

// A Verdict is what the parsers make of a Change.
type Verdict struct {
	Side  Side   `json:"side"`            // cut anew; an error ends it
	Error string `json:"error,omitempty"` // of who reads the bytes: the server, or the client
	// the offset of the byte at which no continuation can be good any more; -1: only the end is
	// wrong, or nothing
	At      int      `json:"at"`
	Outcome string   `json:"outcome"`           // what comes of it
	Changes []string `json:"changes,omitempty"` // what is read otherwise than before
}

// Break has the parsers read what was changed.
func Break(ctx context.Context, c Change) (v Verdict, err error) {
	if err := c.Input.check(); err != nil {
		return v, err
	}
	rows := rows()
	i := slices.IndexFunc(rows, func(row protocolRow) bool { return row.name == c.Wire })
	if i < 0 {
		return v, fmt.Errorf("no protocol %q", c.Wire)
	}
	if len(c.Bytes) > 8*maxText {
		return v, fmt.Errorf("%d bytes: at most %d", len(c.Bytes), 8*maxText)
	}
	row := &rows[i]
	side := protocol.RequestSide
	if c.Response {
		side = protocol.ResponseSide
	}
	v.Side, v.At = row.cut(side, c.Bytes), row.certain(side, c.Bytes)
	before := row.draw(ctx, c.Input)
	if c.Response {
		v.readResponse(ctx, row, c, before.Response.Bytes)
	} else {
		v.readRequest(row, c.Bytes, before.Request.Bytes)
	}
	return v, nil
}

// certain returns the offset of the byte with which the decoder fails, whatever follows it, or -1.
func (row *protocolRow) certain(side protocol.Side, b []byte) int {
	w := &protocol.MessageWriter{Decode: row.decoder(side), Emit: func(protocol.Message) error { return nil }}
	for i := range b {
		if _, err := w.Write(b[i : i+1]); err != nil {
			return i
		}
	}
	return -1
}

// readRequest reads a request as the server does.
func (v *Verdict) readRequest(row *protocolRow, now, before []byte) {
	r, err := row.parse(now)
	if v.Outcome = row.refusal(now, err); err != nil {
		if err != io.EOF { // which is no error, but the end without a request
			v.Error = err.Error()
		}
		return
	}
	was, err := row.parse(before)
	if err != nil {
		v.Error = err.Error()
		return
	}
	v.Changes = differences(was, r, "and was")
	switch {
	case v.Outcome != "": // the server looks at more than its parser
	case bytes.Equal(now, before):
		v.Outcome = "Nothing is changed."
	case len(v.Changes) > 0:
		v.Outcome = "No error: the parser cannot know. The handler sees another request."
	default:
		v.Outcome = "No error, and the handler sees the same request: nobody looks at this byte."
	}
}

// readResponse reads a response as the client does.
func (v *Verdict) readResponse(ctx context.Context, row *protocolRow, c Change, before []byte) {
	now, err := row.receive(ctx, c.Input, c.Bytes)
	if err != nil {
		v.Error = err.Error()
		v.Outcome = "The gateway cannot read the answer: its client gets " + strconv.Itoa(protocol.Status(err)) + "."
		return
	}
	was, err := row.receive(ctx, c.Input, before)
	switch {
	case err != nil:
		v.Error = err.Error()
	case bytes.Equal(c.Bytes, before):
		v.Outcome = "Nothing is changed."
	case slices.Equal(was, now):
		v.Outcome = "No error, and the answer is the same: nobody looks at this byte."
	default:
		v.Outcome = "No error: the parser cannot know. The client sees another answer."
		for _, line := range now {
			if !slices.Contains(was, line) {
				v.Changes = append(v.Changes, line)
			}
		}
	}
}
