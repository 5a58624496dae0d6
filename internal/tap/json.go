package tap

import (
	"encoding/json"
	"io"
	"time"
	"unicode/utf8"

	"github.com/postern-gateway/postern/protocol"
)

// A JSONMessage is a [Message] as a line of JSON. Its names stay. What is not there is empty, 0 or
// false.
type JSONMessage struct {
	Time     string `json:"time,omitempty"` // RFC 3339, with nanoseconds
	Conn     int    `json:"conn"`           // the connection's number, from 1
	Event    string `json:"event"`          // the name of a Kind: see Kind.String
	Side     string `json:"side,omitempty"` // whose doing it was: request is the front's, response
	Protocol string `json:"protocol,omitempty"`

	// of open: the front's address, and where it has connected to
	Front  string `json:"front,omitempty"`
	Server string `json:"server,omitempty"`

	// of message and undecoded
	Title   string `json:"title,omitempty"`
	Request int    `json:"request,omitempty"` // its number on the connection
	Begins  bool   `json:"begins,omitempty"`
	Ends    bool   `json:"ends,omitempty"`
	Offset  int64  `json:"offset,omitempty"` // of its first byte, from the side's first one
	Length  int    `json:"length,omitempty"` // in bytes
	// the request's variables, with the message that makes them whole; of several the last
	Params map[string]string `json:"params,omitempty"`
	Spans  []JSONSpan        `json:"spans,omitempty"` // every byte of the message

	Lost  int64  `json:"lost,omitempty"`  // of lost: bytes
	Error string `json:"error,omitempty"` // what is wrong with the message, or why this happened
	Hint  string `json:"hint,omitempty"`  // what may be wrong with the front's configuration

	// of close: how many each side has sent
	RequestBytes  int64 `json:"requestBytes,omitempty"`
	ResponseBytes int64 `json:"responseBytes,omitempty"`
}

// A JSONSpan is a [protocol.Span] in JSON.
type JSONSpan struct {
	Offset int64   `json:"offset"`
	Length int     `json:"length"`
	Kind   string  `json:"kind"`             // framing, name, value or data
	Field  string  `json:"field"`            // what the specification calls it
	Value  string  `json:"value,omitempty"`  // what it says, where its bytes do not show it
	Text   *string `json:"text,omitempty"`   // the bytes, where they are UTF-8
	Base64 []byte  `json:"base64,omitempty"` // the bytes, where they are not
	Error  string  `json:"error,omitempty"`
}

// spanKinds are the names of the kinds.
var spanKinds = [...]string{protocol.SpanFraming: "framing", protocol.SpanName: "name", protocol.SpanValue: "value", protocol.SpanData: "data"}

// sideNames are the names of the sides.
var sideNames = [...]string{protocol.RequestSide: "request", protocol.ResponseSide: "response"}

// A JSONPrinter prints a line of JSON, a JSONMessage, for each message.
type JSONPrinter struct{ enc *json.Encoder }

// NewJSONPrinter returns a JSONPrinter that prints on w.
func NewJSONPrinter(w io.Writer) *JSONPrinter {
	p := &JSONPrinter{json.NewEncoder(w)}
	p.enc.SetEscapeHTML(false)
	return p
}

// Print prints m.
func (p *JSONPrinter) Print(m *Message) error { return p.enc.Encode(m.JSON()) }

// JSON returns m as JSON has it.
func (m *Message) JSON() *JSONMessage {
	j := &JSONMessage{Conn: m.Conn.ID, Event: m.Kind.String(), Protocol: m.Protocol, Hint: m.Hint, Lost: m.Lost,
		Title: m.Title, Request: m.Request, Begins: m.Begins, Ends: m.Ends}
	if !m.Time.IsZero() {
		j.Time = m.Time.Format(time.RFC3339Nano)
	}
	switch m.Kind {
	case Opened:
		j.Front, j.Server = m.Conn.Front, m.Conn.Server
	case Closed:
		j.RequestBytes, j.ResponseBytes = m.Bytes[protocol.RequestSide], m.Bytes[protocol.ResponseSide]
	default:
		j.Side = sideNames[m.Side]
	}
	for _, err := range []error{m.Reason, m.Err()} {
		if err != nil {
			j.Error = err.Error()
		}
	}
	if len(m.Params) > 0 {
		j.Params = make(map[string]string, len(m.Params))
		for name, value := range m.Params.All() {
			j.Params[name] = value
		}
	}
	for i, span := range m.Spans {
		if i == 0 {
			j.Offset = span.Offset
		}
		j.Length += len(span.Bytes)
		j.Spans = append(j.Spans, jsonSpan(span))
	}
	return j
}

func jsonSpan(s protocol.Span) JSONSpan {
	j := JSONSpan{Offset: s.Offset, Length: len(s.Bytes), Kind: spanKinds[s.Kind], Field: s.Field, Value: s.Value}
	if utf8.Valid(s.Bytes) {
		text := string(s.Bytes)
		j.Text = &text
	} else {
		j.Base64 = append([]byte(nil), s.Bytes...)
	}
	if s.Err != nil {
		j.Error = s.Err.Error()
	}
	return j
}
