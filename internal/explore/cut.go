package explore

import (
	"bytes"

	"github.com/postern-gateway/postern/protocol"
)

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
