package protocol_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/postern-gateway/postern/protocol"
)

// Decoder makes Lines a protocol.Tracer: a side is a line, and for a response a body after it.
func (Lines) Decoder(side protocol.Side) protocol.DecodeFunc {
	if side == protocol.ResponseSide {
		return statusAndBody()
	}
	return requestLine
}

// requestLine decodes "METHOD URI".
func requestLine(b []byte, atEOF bool) (m protocol.Message) {
	end := bytes.IndexByte(b, '\n')
	method := bytes.IndexByte(b[:max(end, 0)], ' ')
	switch {
	case len(b) == 0, end < 0 && !atEOF:
		return m // nothing is left, or more is needed
	case end < 0:
		m.Fail(b, io.ErrUnexpectedEOF)
		return m
	case method < 0:
		m.Fail(b, errors.New("no space in the line"))
		return m
	}
	m.Title = "request " + string(b[:method])
	rest := m.Cut(b, method, protocol.SpanFraming, "method", "")
	rest = m.Cut(rest, 1, protocol.SpanFraming, "space", "")
	rest = m.Cut(rest, end-method-1, protocol.SpanData, "URI", "")
	m.Cut(rest, 1, protocol.SpanFraming, "end of line", "")
	return m
}

// statusAndBody decodes a status in a line, then what follows as it comes.
func statusAndBody() protocol.DecodeFunc {
	head := true
	return func(b []byte, atEOF bool) (m protocol.Message) {
		end := bytes.IndexByte(b, '\n')
		switch {
		case !head:
			m.Title = "body"
			m.Cut(b, len(b), protocol.SpanData, "body", "")
		case end >= 0:
			head = false
			m.Title = "status " + string(b[:end])
			m.Cut(m.Cut(b, end, protocol.SpanFraming, "status", ""), 1, protocol.SpanFraming, "end of line", "")
		case atEOF && len(b) > 0:
			m.Fail(b, io.ErrUnexpectedEOF)
		}
		return m
	}
}

func ExampleTracer() {
	var p protocol.Tracer = Lines{}
	decode := p.Decoder(protocol.RequestSide)
	for _, span := range decode([]byte("GET /here\n"), false).Spans {
		fmt.Printf("%q is the %s\n", span.Bytes, span.Field)
	}
	// Output:
	// "GET" is the method
	// " " is the space
	// "/here" is the URI
	// "\n" is the end of line
}

// A protocol whose sides can be decoded each by itself needs no Decoders of its own.
func ExampleConnTracer() {
	var p protocol.Tracer = Lines{}
	_, knows := p.(protocol.ConnTracer)
	request, response := protocol.Decoders(p)
	fmt.Println(knows, request([]byte("GET /here\n"), false).Title, response([]byte("200\n"), false).Title)
	// Output: false request GET status 200
}

func ExampleDecodeFunc() {
	var decode protocol.DecodeFunc = requestLine
	fmt.Println(len(decode([]byte("GET /h"), false).Spans)) // more is needed
	fmt.Println(decode([]byte("GET /h"), true).Err())       // and none comes
	fmt.Println(decode([]byte("GET /here\nGET /there\n"), false).Line(0))
	// Output:
	// 0
	// unexpected EOF
	// request GET "/here"
}

// A tap explains every byte of a connection.
func ExampleMessageWriter() {
	w := &protocol.MessageWriter{Decode: Lines{}.Decoder(protocol.RequestSide), Emit: func(m protocol.Message) error {
		for _, span := range m.Spans {
			fmt.Println(span)
		}
		return nil
	}}
	io.WriteString(w, "GET /he")
	io.WriteString(w, "re\nPO")
	fmt.Println(w.Close())
	// Output:
	// 0+3 method: "GET"
	// 3+1 space: " "
	// 4+5 URI: "/here"
	// 9+1 end of line: "\n"
	// 10+2 malformed: unexpected EOF
	// unexpected EOF
}

func ExampleTrace() {
	front := &protocol.Trace{Protocol: Lines{}, Out: os.Stdout, Prefix: ">"}
	io.WriteString(front, "GET /here\nnonsense\n")
	server := &protocol.Trace{Protocol: Lines{}, Side: protocol.ResponseSide, Out: os.Stdout, Prefix: "<", Max: 8}
	io.WriteString(server, "200\nhello from /here")
	// Output:
	// > request GET "/here"
	// > no space in the line: "nonsense\n"
	// < status 200
	// < body "hello fr"+8
}

func ExampleTrace_Close() {
	t := &protocol.Trace{Protocol: Lines{}, Out: os.Stdout, Prefix: ">"}
	io.WriteString(t, "GET /he")
	fmt.Println(t.Close())
	// Output:
	// > unexpected EOF: "GET /he"
	// unexpected EOF
}

func ExampleSide() {
	for _, side := range []protocol.Side{protocol.RequestSide, protocol.ResponseSide} {
		fmt.Println(Lines{}.Decoder(side)([]byte("404\n"), false).Line(0))
	}
	// Output:
	// no space in the line: "404\n"
	// status 404
}

func ExampleSpan() {
	fmt.Println(protocol.Span{Offset: 2, Bytes: []byte{0, 1}, Field: "requestId", Value: "1"})
	fmt.Println(protocol.Span{Offset: 4, Bytes: []byte("?"), Field: "malformed", Err: errors.New("not a record")})
	// Output:
	// 2+2 requestId: 1
	// 4+1 malformed: not a record
}

// A message is cut span by span.
func ExampleMessage() {
	m := protocol.Message{Title: "variable"}
	rest := m.Cut([]byte("\x01Ab\x00"), 1, protocol.SpanFraming, "length", "1")
	rest = m.Cut(rest, 1, protocol.SpanName, "name", "")
	rest = m.Cut(rest, 1, protocol.SpanValue, "value", "")
	fmt.Println(m.Line(0), m.Err())
	m.Fail(rest, errors.New("a NUL byte"))
	fmt.Println(m.Line(0))
	// Output:
	// variable A="b" <nil>
	// a NUL byte: "\x01Ab\x00"
}

func ExampleSpanKind() {
	for _, kind := range []protocol.SpanKind{protocol.SpanFraming, protocol.SpanName, protocol.SpanValue, protocol.SpanData} {
		m := protocol.Message{Title: "a kind:"}
		m.Cut([]byte("text"), 4, kind, "field", "")
		fmt.Printf("%q\n", m.Line(0))
	}
	// Output:
	// "a kind:"
	// "a kind: text="
	// "a kind:\"text\""
	// "a kind: \"text\""
}
