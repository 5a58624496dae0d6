package explore

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"net"
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
	if err != nil {
		v.Error = err.Error()
		v.Outcome = "The server refuses it with " + strconv.Itoa(protocol.Status(err)) + "."
		if v.At < 0 {
			v.Outcome = "The server waits for more; when the connection ends, this is its error."
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
	case bytes.Equal(now, before):
		v.Outcome = "Nothing is changed."
	case len(v.Changes) > 0:
		v.Outcome = "No error: the parser cannot know. The handler sees another request."
	default:
		v.Outcome = "No error, and the handler sees the same request: nobody looks at this byte."
	}
}

// differences says what of the request b is otherwise than in a, of which than tells: "and was".
func differences(a, b *protocol.Request, than string) (list []string) {
	seen := make(map[string]bool)
	for _, name := range names(a.Params, b.Params) {
		if seen[name] {
			continue
		}
		seen[name] = true
		was, had := a.Params.Lookup(name)
		is, has := b.Params.Lookup(name)
		switch {
		case had && !has:
			list = append(list, fmt.Sprintf("%s is not there, %s %q", name, than, was))
		case has && !had:
			list = append(list, fmt.Sprintf("%s is %q, %s not there", protocol.Clip(name), is, than))
		case was != is:
			list = append(list, fmt.Sprintf("%s is %q, %s %q", name, is, than, was))
		}
	}
	was, _ := appendAll(nil, a.Body)
	is, _ := appendAll(nil, b.Body)
	if !bytes.Equal(was, is) {
		list = append(list, fmt.Sprintf("the body is %q, %s %q", is, than, was))
	}
	return list
}

func names(lists ...protocol.Params) (all []string) {
	for _, p := range lists {
		for _, v := range p {
			all = append(all, v.Name)
		}
	}
	return all
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

var errNoHead = errors.New("cgi: read response head: the output ends within the head")

// receive has the protocol's client read a response, and returns what it found, a line each.
func (row *protocolRow) receive(ctx context.Context, in Input, response []byte) (lines []string, err error) {
	var res *protocol.Response
	var body []byte
	if row.client == nil {
		res, body, err = receiveCGI(response)
	} else {
		conn := &heard{in: bytes.NewReader(response)}
		res, body, err = readAll(ctx, row.client(func(context.Context) (net.Conn, error) { return conn, nil }), in.request())
	}
	if err != nil {
		return nil, err
	}
	lines = append(lines, fmt.Sprintf("the status is %d", res.Status), fmt.Sprintf("the body is %q", body))
	for name, values := range res.Header {
		lines = append(lines, fmt.Sprintf("%s is %q", name, cmp.Or(values...)))
	}
	slices.Sort(lines)
	return lines, nil
}

// receiveCGI reads what a script has written.
func receiveCGI(b []byte) (*protocol.Response, []byte, error) {
	status, h, n, err := protocol.ParseHead(b)
	if err == nil && n == 0 {
		err = errNoHead
	}
	if err != nil {
		return nil, nil, err
	}
	return &protocol.Response{Status: status, Header: h}, b[n:], nil
}
