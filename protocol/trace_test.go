package protocol_test

import (
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/postern-gateway/postern/protocol"
	"github.com/postern-gateway/postern/protocol/protocoltest"
)

func TestSpansOfLines(t *testing.T) {
	for _, row := range []struct {
		side  protocol.Side
		bytes string
		fails bool
	}{
		{bytes: "GET /here\nGET /there\n"},
		{bytes: "GET /here\nGET /th", fails: true},
		{bytes: "GET /here\nnonsense\n", fails: true},
		{side: protocol.ResponseSide, bytes: "200\nhello\n"},
		{side: protocol.ResponseSide, bytes: "20", fails: true},
	} {
		spans := protocoltest.Spans(t, Lines{}, row.side, []byte(row.bytes))
		if err := spans[len(spans)-1].Err; (err != nil) != row.fails {
			t.Errorf("%q: %v", row.bytes, err)
		}
	}
}

// After the first message with an error nothing is decoded, and each call returns that error.
func TestMessageWriterEndsAtAnError(t *testing.T) {
	n := 0
	w := &protocol.MessageWriter{Decode: requestLine, Emit: func(protocol.Message) error { n++; return nil }}
	_, first := io.WriteString(w, "nonsense\n")
	got, second := io.WriteString(w, "GET /\n")
	if first == nil || second != first || got != 0 || w.Close() != first || n != 1 {
		t.Errorf("%v, %v, %d bytes, %d messages", first, second, got, n)
	}
}

// What Emit returns is returned, and does not end the decoding.
func TestMessageWriterWhoseEmitFails(t *testing.T) {
	full, n := errors.New("full"), 0
	w := &protocol.MessageWriter{Decode: requestLine, Emit: func(m protocol.Message) error {
		if n++; n == 1 {
			return full
		}
		return nil
	}}
	if _, err := io.WriteString(w, "GET /a\nGET /b\n"); err != full {
		t.Errorf("Write: %v", err)
	}
	if err := w.Close(); err != nil || n != 2 {
		t.Errorf("Close: %v, %d messages", err, n)
	}
}

// A name that would break the line is quoted. A decoder that takes nothing is asked for no more.
func TestLineOfOddNames(t *testing.T) {
	var m protocol.Message
	for _, name := range []string{"A", "", "a\nb", `a"`} {
		m.Cut([]byte(name), len(name), protocol.SpanName, "", "")
		m.Cut(nil, 0, protocol.SpanValue, "", "")
	}
	if diff := cmp.Diff(` A="" ""="" "a\nb"="" "a\""=""`, m.Line(0)); diff != "" {
		t.Error(diff)
	}
	w := &protocol.MessageWriter{Decode: func([]byte, bool) protocol.Message { return m }, Emit: func(protocol.Message) error { return nil }}
	m.Spans = m.Spans[2:4]
	if _, err := w.Write([]byte("x")); err != nil {
		t.Error(err)
	}
}

// Data that the wire's fields divide is printed as one.
func TestLineOfDividedData(t *testing.T) {
	var m protocol.Message
	for _, row := range []struct {
		text string
		kind protocol.SpanKind
	}{{"a", protocol.SpanData}, {"b", protocol.SpanData}, {"-", protocol.SpanFraming}, {"c", protocol.SpanData}} {
		m.Cut([]byte(row.text), 1, row.kind, "", "")
	}
	if diff := cmp.Diff(` "ab" "c"`, m.Line(0)); diff != "" {
		t.Error(diff)
	}
}

func TestLineIsClipped(t *testing.T) {
	var m protocol.Message
	m.Cut([]byte(strings.Repeat("x", 70)), 70, protocol.SpanData, "", "")
	for clip, want := range map[int]string{
		0: strings.Repeat("x", 64) + `"+6`, 5: `xxxxx"+65`, -1: strings.Repeat("x", 70) + `"`,
	} {
		if diff := cmp.Diff(` "`+want, m.Line(clip)); diff != "" {
			t.Errorf("%d: %s", clip, diff)
		}
	}
}

// A message that is longer than the limit, and not whole by then, is emitted with an error.
func TestMessageWriterHoldsNoMoreThanItsLimit(t *testing.T) {
	var got []string
	w := &protocol.MessageWriter{Decode: requestLine, Limit: 8, Emit: func(m protocol.Message) error {
		got = append(got, m.Spans[0].String())
		return nil
	}}
	io.WriteString(w, "GET /a-long-line\nGET /here")
	_, err := io.WriteString(w, "\nGET /much/")
	if !errors.Is(err, protocol.ErrTooLarge) || w.Close() != err {
		t.Errorf("%v", err)
	}
	want := []string{`0+3 method: "GET"`, "17+9 malformed: decode message: too large: 9 > 8 bytes"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}
