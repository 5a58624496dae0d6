package explore

import (
	"bytes"
	"context"
	"net/textproto"

	"github.com/postern-gateway/postern/protocol"
)

// A View is one request and its answer in every protocol.
type View struct {
	Wires []Wire `json:"wires"`
}

// A Wire is a request and its answer in one protocol.
type Wire struct {
	Name     string `json:"name"`
	Title    string `json:"title"`
	Request  Side   `json:"request"`
	Response Side   `json:"response"`
	Cost     Cost   `json:"cost"`
	Error    string `json:"error,omitempty"` // why the protocol cannot carry it
}

// A Side is what goes one way: its bytes, and the messages that they are.
type Side struct {
	Bytes    []byte    `json:"bytes"` // base64 in JSON
	Messages []Message `json:"messages"`
}

// A Message is a unit of a wire, as [protocol.Message].
type Message struct {
	Title string `json:"title"`
	Spans []Span `json:"spans"`
}

// A Span is a run of bytes with one meaning. What its field means is in [Meanings].
type Span struct {
	Offset int    `json:"offset"` // of the first byte in the side
	Length int    `json:"length"`
	Field  string `json:"field"`
	Value  string `json:"value,omitempty"` // what the bytes say, where they do not show it
	// the variable, header field or body that the bytes belong to; the same in every protocol
	Variable string `json:"variable,omitempty"`
	Error    string `json:"error,omitempty"`
}

// Draw sends the request by every protocol.
func Draw(ctx context.Context, in Input) (View, error) {
	if err := in.check(); err != nil {
		return View{}, err
	}
	var v View
	for _, row := range rows() {
		v.Wires = append(v.Wires, row.draw(ctx, in))
	}
	return v, nil
}

// requestOf returns the bytes of a request.
func (row *protocolRow) requestOf(in Input) []byte {
	x, _ := row.record(context.Background(), in.request(), in.Answer.handler())
	return x.request
}

func (row *protocolRow) draw(ctx context.Context, in Input) Wire {
	w := Wire{Name: row.name, Title: row.title}
	x, err := row.record(ctx, in.request(), in.Answer.handler())
	if err != nil {
		w.Error = err.Error()
	}
	w.Request = row.cut(protocol.RequestSide, x.request)
	w.Response = row.cut(protocol.ResponseSide, x.response)
	w.Cost = costOf(row.name, w.Request, w.Response)
	return w
}

// cut has a side cut into messages by the protocol's decoder.
func (row *protocolRow) cut(side protocol.Side, b []byte) Side {
	s := Side{Bytes: bytes.Clone(b)}
	c := &cutter{side: side}
	w := &protocol.MessageWriter{Decode: row.decoder(side), Emit: func(m protocol.Message) error {
		s.Messages = append(s.Messages, c.message(m))
		return nil
	}}
	if _, err := w.Write(b); err == nil {
		w.Close() // its error is in the last span
	}
	return s
}

// A cutter turns decoded messages into those of the page.
type cutter struct {
	side protocol.Side
	head bool // the response's head that STDOUT carries has come
}

func (c *cutter) message(m protocol.Message) Message {
	spans := m.Spans
	if c.side == protocol.ResponseSide && !c.head {
		spans, c.head = splitHead(spans)
	}
	out := Message{Title: m.Title}
	for i, s := range spans {
		to := Span{Offset: int(s.Offset), Length: len(s.Bytes), Field: s.Field, Value: s.Value, Variable: c.variable(spans, i)}
		if s.Err != nil {
			to.Error = s.Err.Error()
		}
		out.Spans = append(out.Spans, to)
	}
	return out
}

// splitHead replaces the content that carries a response's head by the spans of that head: CGI's,
// which FastCGI has within its STDOUT. done reports whether a head is among the spans now.
func splitHead(spans []protocol.Span) (out []protocol.Span, done bool) {
	for i, s := range spans {
		if s.Field != "contentData" {
			done = done || s.Field == "end of head"
			continue
		}
		head := decoderOfResponse()(s.Bytes, false)
		if head.Err() != nil || len(head.Spans) == 0 {
			return spans, false
		}
		n := 0
		out = append(out, spans[:i]...)
		for _, part := range head.Spans {
			part.Offset = s.Offset + int64(n)
			n += len(part.Bytes)
			out = append(out, part)
		}
		if n < len(s.Bytes) {
			out = append(out, protocol.Span{Offset: s.Offset + int64(n), Bytes: s.Bytes[n:], Kind: protocol.SpanData, Field: "contentData"})
		}
		return append(out, spans[i+1:]...), true
	}
	return spans, done
}

// variable names what spans[i] belongs to.
func (c *cutter) variable(spans []protocol.Span, i int) string {
	s := spans[i]
	switch {
	case s.Field == "body", s.Field == "data", s.Field == "contentData":
		if len(s.Bytes) == 0 {
			return ""
		}
		return c.named("body")
	case s.Field == "method":
		return "REQUEST_METHOD"
	case s.Field == "request-target":
		return "REQUEST_URI"
	case s.Field == "HTTP-version":
		return "SERVER_PROTOCOL"
	case s.Field == "status line":
		return c.named("Status")
	case s.Field == "end of head", s.Err != nil:
		return ""
	}
	step := -1
	if s.Field == "nameLength" || s.Field == "valueLength" || s.Field == "key_size" {
		step = 1
	}
	for j := i; j >= 0 && j < len(spans); j += step {
		if s := spans[j]; s.Kind == protocol.SpanName || s.Field == "field name" {
			return c.named(string(s.Bytes))
		}
	}
	return ""
}

// named is the name that a field has on every wire: that of its variable in a request, that of the
// header field in a response.
func (c *cutter) named(name string) string {
	switch {
	case c.side == protocol.ResponseSide && name == "body":
		return "answer body"
	case c.side == protocol.ResponseSide:
		return "answer " + textproto.CanonicalMIMEHeaderKey(name)
	case name == "body":
		return name
	}
	if v, ok := forwarded[name]; ok {
		return v
	}
	for i := range name {
		if c := name[i]; 'a' <= c && c <= 'z' { // a header field of HTTP's
			return variableOf(name)
		}
	}
	return name
}

// forwarded are the header fields by which an HTTP backend is told what others are told by
// variables.
var forwarded = map[string]string{
	"X-Forwarded-For": "REMOTE_ADDR", "X-Forwarded-Proto": "REQUEST_SCHEME", "X-Forwarded-Host": "SERVER_NAME",
}
