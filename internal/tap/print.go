package tap

import (
	"fmt"
	"io"
	"time"

	"github.com/postern-gateway/postern/protocol"
)

// A Printer prints a line for each message: the time, the connection's number, a mark, and what it
// is as [protocol.Trace] prints it. The mark is ">" of what the front says, "<" of what the backend
// says, "*" of what is neither.
//
//	14:03:07.120031 1 * open 127.0.0.1:51514 -> 127.0.0.1:9001, fastcgi
//	14:03:07.120101 1 > BEGIN_REQUEST 1 RESPONDER
//	14:03:07.131274 1 < STDOUT 1 "Status: 404 Not Found\r\nContent-type: text/html; charset=UTF-8\r\n\r\n"+21
//	14:03:07.131302 1 * closed: 614 bytes >, 120 bytes <, 11.3ms
type Printer struct {
	Out  io.Writer
	Wire bool // below each line all of its bytes, and what they are
	Clip int  // see [protocol.Message.Line]

	buf []byte
	err error
}

// Print prints m. After an error of Out nothing is printed, and each call returns that error.
func (p *Printer) Print(m *Message) error {
	if p.err != nil {
		return p.err
	}
	p.buf = p.buf[:0]
	p.line(m, m.mark(), m.text(p.Clip))
	if m.Hint != "" {
		p.line(m, "*", m.Hint)
	}
	if p.Wire {
		for _, span := range m.Spans {
			p.buf = appendSpan(p.buf, span)
		}
	}
	_, p.err = p.Out.Write(p.buf)
	return p.err
}

// line adds a line. A recording of bytes has no time.
func (p *Printer) line(m *Message, mark, text string) {
	if !m.Time.IsZero() {
		p.buf = append(m.Time.AppendFormat(p.buf, "15:04:05.000000"), ' ')
	}
	p.buf = fmt.Appendf(p.buf, "%d %s %s\n", m.Conn.ID, mark, text)
}

// mark says whose doing it was.
func (m *Message) mark() string {
	switch {
	case m.Kind == Opened || m.Kind == Closed:
		return "*"
	case m.Side == protocol.RequestSide:
		return ">"
	}
	return "<"
}

// text is what the line says.
func (m *Message) text(clip int) string {
	switch m.Kind {
	case Opened:
		text := "open " + m.Conn.Front
		if m.Conn.Server != "" {
			text += " -> " + m.Conn.Server
		}
		if m.Protocol != "" {
			text += ", " + m.Protocol
		}
		return text
	case Ended:
		return "end"
	case Reset:
		return "reset" + because(m.Reason)
	case Refused:
		return "takes no more" + because(m.Reason)
	case Lost:
		return fmt.Sprintf("%d bytes are not shown%s", m.Lost, because(m.Reason))
	case Closed:
		text := fmt.Sprintf("closed%s: %d bytes >, %d bytes <", because(m.Reason), m.Bytes[protocol.RequestSide], m.Bytes[protocol.ResponseSide])
		if !m.Time.IsZero() {
			text += ", " + m.Time.Sub(m.Conn.Opened).Round(10*time.Microsecond).String()
		}
		return text
	}
	return m.Line(clip)
}

func because(err error) string {
	if err == nil {
		return ""
	}
	return " (" + err.Error() + ")"
}
