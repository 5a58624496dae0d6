package rpc

import (
	"context"
	"io"
	"log/slog"
	"math"
	"strings"
	"testing"
)

// TestNoLimits: a negative limit is none, as it is everywhere, and the largest one cuts nothing.
func TestNoLimits(t *testing.T) {
	for _, limit := range []int64{-1, math.MaxInt64} {
		r := &Registry{MaxBody: limit, MaxStream: limit, Log: slog.New(slog.DiscardHandler)}
		r.RegisterStream("stream", func(context.Context, [][]byte) (io.Reader, int64, error) {
			return strings.NewReader("result"), -1, nil
		})
		if b, err := Local(r).Call(t.Context(), "stream"); string(b) != "result" || err != nil {
			t.Errorf("MaxStream %d: %q, %v", limit, b, err)
		}
		c := &Client{Dial: dial(t, r), MaxAnswer: limit}
		if b, err := c.Call(t.Context(), "stream"); string(b) != "result" || err != nil {
			t.Errorf("MaxStream %d, over the wire: %q, %v", limit, b, err)
		}
		if got := answered(t, r, document(formXML, xmlCall("stream")), "text/xml"); !strings.Contains(got, "result") {
			t.Errorf("MaxBody %d: %s", limit, got)
		}
	}
}
