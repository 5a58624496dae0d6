package fastcgi

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/postern-gateway/postern/protocol"
)

// Each message says of which request it is, and the one that ends the variables has them.
func TestTracedRequests(t *testing.T) {
	var got strings.Builder
	w := &protocol.MessageWriter{Decode: Protocol{}.Decoder(protocol.RequestSide), Emit: func(m protocol.Message) error {
		if m.Begins || m.Ends || m.Params != nil {
			fmt.Fprintln(&got, m.Request, m.Begins, m.Ends, m.Title, m.Params)
		}
		return nil
	}}
	w.Write(side(t, "> "))
	want := `1 true false BEGIN_REQUEST 1 RESPONDER KEEP_CONN []
1 false false PARAMS 1 end [{SERVER_PORT 80} {SERVER_ADDR 199.170.183.42}]
2 true false BEGIN_REQUEST 2 FILTER []
3 true false BEGIN_REQUEST 3 []
2 false false PARAMS 2 end [{A b} {EMPTY } {A ` + "\x00\xff" + `}]
1 false true STDIN 1 end []
2 false true ABORT_REQUEST 2 []
`
	if diff := cmp.Diff(want, got.String()); diff != "" {
		t.Error(diff)
	}
}

// A front that sends variables without an end is held no more of than the bound.
func TestTracedVariablesAreBounded(t *testing.T) {
	d := &recordDecoder{requests: make(map[uint16]*tracedRequest)}
	record := appendRecord(nil, typeParams, 1, appendPair(nil, "A", strings.Repeat("x", 60000)))
	for range 100 {
		d.decode(record, false)
	}
	if d.held > maxTracedParams || len(d.requests[1].params) != d.held {
		t.Errorf("%d bytes are held, of one request %d", d.held, len(d.requests[1].params))
	}
	if m := d.decode(appendRecord(nil, typeParams, 1, nil), false); m.Params != nil || d.held != 0 {
		t.Errorf("%d variables, %d bytes are held", len(m.Params), d.held)
	}
}
