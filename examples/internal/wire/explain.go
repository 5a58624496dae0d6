package wire

import (
	"fmt"
	"io"
	"net"
	"strconv"
	"strings"

	"github.com/postern-gateway/postern/protocol"
)

// Explain returns a client's connection whose bytes are printed to out, each with its meaning, a
// line a field.
func Explain(c net.Conn, p protocol.Tracer, out io.Writer) net.Conn {
	out = &lockedWriter{w: out}
	return &conn{Conn: c, in: fields(p, protocol.ResponseSide, out, "<"), out: fields(p, protocol.RequestSide, out, ">")}
}

// fields prints one side of a connection.
func fields(p protocol.Tracer, side protocol.Side, out io.Writer, prefix string) io.Writer {
	return &protocol.MessageWriter{Decode: p.Decoder(side), Emit: func(m protocol.Message) error {
		text := prefix + " " + m.Title + "\n"
		for _, span := range m.Spans {
			line := fmt.Sprintf("%6d  %-25s %-15s %s", span.Offset, hexOf(span.Bytes), span.Field, saysOf(span))
			text += strings.TrimRight(line, " ") + "\n"
		}
		_, err := io.WriteString(out, text)
		return err
	}}
}

// hexOf is the beginning of b in hexadecimal.
func hexOf(b []byte) string {
	const most = 7
	if len(b) <= most+1 {
		return fmt.Sprintf("% x", b)
	}
	return fmt.Sprintf("% x ...", b[:most])
}

// saysOf is what a span says.
func saysOf(s protocol.Span) string {
	switch {
	case s.Err != nil:
		return s.Err.Error()
	case s.Value != "":
		return s.Value
	case s.Kind == protocol.SpanFraming && s.Bytes[0] <= ' ': // numbers, ends of lines
		return ""
	}
	return strconv.Quote(string(s.Bytes))
}
