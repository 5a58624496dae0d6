package protocol

import (
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
)

// A Side is one of the two directions in which bytes go on a connection.
type Side int

const (
	RequestSide  Side = iota // what the front sends
	ResponseSide             // what the server sends
)

// A Tracer can say of each byte of a wire what it is. Protocols are Tracers.
type Tracer interface {
	// Name is the wire's name, as [Protocol] has it.
	Name() string

	// Decoder returns the decoder of one side of one connection, from its first byte on.
	Decoder(side Side) DecodeFunc
}

// A ConnTracer is a Tracer of a wire on which what one side says depends on what the other has
// said, as a response to HEAD has no body. Its Decoder goes by one side alone, as well as that
// tells.
type ConnTracer interface {
	Tracer

	// Decoders returns the decoders of the two sides of one connection. They share what they know:
	// a response is to be decoded after its request, and one goroutine at a time calls them.
	Decoders() (request, response DecodeFunc)
}

// Decoders returns the decoders of the two sides of one connection: see [ConnTracer].
func Decoders(t Tracer) (request, response DecodeFunc) {
	if t, ok := t.(ConnTracer); ok {
		return t.Decoders()
	}
	return t.Decoder(RequestSide), t.Decoder(ResponseSide)
}

// A DecodeFunc cuts the next message off b: the bytes of one side that no message has had yet. The
// Bytes of the message's Spans are consecutive parts of b from its first byte on. A message without
// Spans says that b holds no whole message yet: the next call has more bytes. With atEOF there are
// no more, and what is left of b, if anything, is a message of its own, which ends with an error
// unless it is whole. If b is empty then, an error in a Span without Bytes says what was to follow,
// as the rest of a body. After a message with an error there is no other call. A DecodeFunc keeps
// state and is not safe for concurrent use. It does not keep b.
type DecodeFunc func(b []byte, atEOF bool) Message

// A SpanKind says what bytes are for.
type SpanKind int

const (
	SpanFraming SpanKind = iota // types, lengths, separators, padding: they are the wire's own
	SpanName                    // the name of a variable or of a header field
	SpanValue                   // the value of the SpanName before it
	SpanData                    // content that the wire carries as it is
)

// A Span is a run of bytes of one side of a connection, and what they are.
type Span struct {
	Offset int64 // of the first byte, counted from the side's first one
	// may be empty: a name or a value of no bytes, or an error where no byte is left
	Bytes []byte
	Kind  SpanKind
	Field string // what the specification calls them: "requestId"
	Value string // what they say, where Bytes do not show it: "RESPONDER"
	Err   error  // what is wrong with them; nil: nothing
}

// String is the span in a line: the offset, the number of bytes, the field and what it says.
func (s Span) String() string {
	says := s.Value
	switch {
	case s.Err != nil:
		says = s.Err.Error()
	case says == "":
		says = strconv.Quote(string(s.Bytes))
	}
	return fmt.Sprintf("%d+%d %s: %s", s.Offset, len(s.Bytes), s.Field, says)
}

// A Message is a unit of a wire: a record, a packet, a head, a piece of a body.
type Message struct {
	// Title says what it is, with all that its spans of kind SpanFraming say to people:
	// "BEGIN_REQUEST 1 RESPONDER", "head 200".
	Title string
	Spans []Span // each byte of the message is in one of them, in order

	// Request is the number of the request on its connection that the message is a part of, or of
	// whose response: FastCGI's requestId, which a later request may have again, else a count from
	// 1. 0: of none.
	Request int
	Begins  bool // it is the first message of its side of the request
	Ends    bool // it is the last one, as far as the wire tells

	// Params are the variables of the request, with the message that makes them whole. HTTP's head
	// is told as the variables that it is for a gateway. nil with every other message.
	Params Params
}

// Cut appends the first n bytes of b to m as a span, and returns the rest of b.
func (m *Message) Cut(b []byte, n int, kind SpanKind, field, value string) (rest []byte) {
	m.Spans = append(m.Spans, Span{Bytes: b[:n:n], Kind: kind, Field: field, Value: value})
	return b[n:]
}

// Fail appends b to m as the span in which err was met.
func (m *Message) Fail(b []byte, err error) {
	m.Spans = append(m.Spans, Span{Bytes: b[:len(b):len(b)], Kind: SpanData, Field: "malformed", Err: err})
}

// Err returns the error of the last span, which is nil of a message that is whole and in order.
func (m Message) Err() error {
	if len(m.Spans) == 0 {
		return nil
	}
	return m.Spans[len(m.Spans)-1].Err
}

// Line is m as a [Trace] prints it: the title, names with their values, and data. Data of several
// spans in a row is printed as one. clip is how many bytes of a value or of data are printed, with
// the number of those left out after a plus sign; 0 means 64, negative all. A message with an error
// is that, and all bytes of the message.
func (m Message) Line(clip int) string {
	var s strings.Builder
	if err := m.Err(); err != nil {
		var all []byte
		for _, span := range m.Spans {
			all = append(all, span.Bytes...)
		}
		if len(all) == 0 && errors.Is(err, io.ErrUnexpectedEOF) {
			return err.Error()
		}
		return err.Error() + ": " + quoteClipped(all, clip)
	}
	s.WriteString(m.Title)
	var data []byte
	for i, span := range m.Spans {
		switch span.Kind {
		case SpanName:
			s.WriteString(" " + quoteName(string(span.Bytes)) + "=")
		case SpanValue:
			s.WriteString(quoteClipped(span.Bytes, clip))
		case SpanData:
			data = append(data, span.Bytes...)
			if i == len(m.Spans)-1 || m.Spans[i+1].Kind != SpanData {
				s.WriteString(" " + quoteClipped(data, clip))
				data = nil
			}
		}
	}
	return s.String()
}

// quoteName quotes a name that would break the line.
func quoteName(name string) string {
	if q := strconv.Quote(name); name == "" || q != `"`+name+`"` {
		return q
	}
	return name
}

func quoteClipped(b []byte, clip int) string {
	if clip == 0 {
		clip = 64
	}
	if clip < 0 || len(b) <= clip {
		return strconv.Quote(string(b))
	}
	return strconv.Quote(string(b[:clip])) + "+" + strconv.Itoa(len(b)-clip)
}
