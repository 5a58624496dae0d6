package protocoltest

import (
	"errors"
	"testing"

	"github.com/postern-gateway/postern/protocol"
)

// A SpanSide is what goes over a connection one way.
type SpanSide struct {
	Side  protocol.Side
	Bytes string
	Fails string // the last span as text, where that is an error
}

// SpanSides runs [Spans] on each side, and holds its last span to what is wrong with it.
func SpanSides(t *testing.T, p protocol.Tracer, sides []SpanSide) {
	t.Helper()
	for _, row := range sides {
		spans := Spans(t, p, row.Side, []byte(row.Bytes))
		last := spans[len(spans)-1]
		if (last.Err != nil || row.Fails != "") && last.String() != row.Fails {
			t.Errorf("%q: the last span is %s\nwant %s", row.Bytes, last, row.Fails)
		}
		if last.Err != nil && !errors.Is(last.Err, protocol.ErrMalformed) {
			t.Errorf("%q: %v", row.Bytes, last.Err)
		}
	}
}
