package explore

import (
	"context"

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
