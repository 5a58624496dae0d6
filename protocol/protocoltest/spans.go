package protocoltest

import (
	"bytes"
	"testing"

	"github.com/postern-gateway/postern/protocol"
)

// Spans decodes input, one side of a connection, by p: whole, in every two pieces, and a byte at a
// time. It checks that each byte that was taken is in one span, in order, that only the last span
// has an error, and that the spans are the same however the input comes, but for where pieces of a
// body end. It returns the spans of the whole input.
func Spans(t testing.TB, p protocol.Tracer, side protocol.Side, input []byte) []protocol.Span {
	t.Helper()
	whole := decode(t, p, side, input)
	for i := range input {
		sameSpans(t, whole, decode(t, p, side, input[:i], input[i:]), i)
	}
	var single [][]byte
	for i := range input {
		single = append(single, input[i:i+1])
	}
	sameSpans(t, whole, decode(t, p, side, single...), -1)
	return whole
}

// decode decodes pieces up to an error, or the end.
func decode(t testing.TB, p protocol.Tracer, side protocol.Side, pieces ...[]byte) (spans []protocol.Span) {
	t.Helper()
	var taken, covered []byte
	w := &protocol.MessageWriter{Decode: p.Decoder(side), Emit: func(m protocol.Message) error {
		for i, s := range m.Spans {
			if s.Offset != int64(len(covered)) {
				t.Errorf("span %q is at %d, want %d", s, s.Offset, len(covered))
			}
			if s.Err != nil && i < len(m.Spans)-1 {
				t.Errorf("span %q is not the last one", s)
			}
			covered = append(covered, s.Bytes...)
			s.Bytes = bytes.Clone(s.Bytes)
			spans = append(spans, s)
		}
		return nil
	}}
	var err error
	for _, piece := range pieces {
		taken = append(taken, piece...)
		if _, err = w.Write(piece); err != nil {
			break
		}
	}
	if closed := w.Close(); err == nil {
		err = closed
	}
	if !bytes.Equal(taken, covered) {
		t.Errorf("the spans have %q\nof          %q", covered, taken)
	}
	if last := (protocol.Message{Spans: spans}).Err(); last != err {
		t.Errorf("the last span's error is %v, that of the writer %v", last, err)
	}
	return spans
}

// sameSpans compares what was decoded in two ways, of which one had its input cut at the byte cut.
func sameSpans(t testing.TB, a, b []protocol.Span, cut int) {
	t.Helper()
	a, b = joined(a), joined(b)
	if len(a) != len(b) {
		t.Errorf("cut at %d: %d spans %q\nwhole: %d spans %q", cut, len(b), b, len(a), a)
		return
	}
	for i := range a {
		x, y := a[i], b[i]
		if x.Err != nil && y.Err != nil {
			x.Bytes, y.Bytes = nil, nil // it has what has come by then
		}
		if x.String() != y.String() || x.Kind != y.Kind || !bytes.Equal(x.Bytes, y.Bytes) {
			t.Errorf("cut at %d: %q\nwhole: %q", cut, y, x)
		}
	}
}

// joined returns spans with neighbouring pieces of data as one.
func joined(spans []protocol.Span) (list []protocol.Span) {
	for _, s := range spans {
		if n := len(list); n > 0 && s.Kind == protocol.SpanData && s.Err == nil && list[n-1].Kind == s.Kind && list[n-1].Field == s.Field {
			list[n-1].Bytes = append(bytes.Clone(list[n-1].Bytes), s.Bytes...)
			continue
		}
		list = append(list, s)
	}
	return list
}
