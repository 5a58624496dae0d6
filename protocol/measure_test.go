package protocol

import (
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"
)

func TestMeasure(t *testing.T) {
	long := strings.Repeat("m", 200000)
	for _, row := range []struct {
		text     string
		body     io.Reader
		declared int64
		length   int64
		want     string
	}{
		{"no body", nil, 0, 0, ""},
		{"no body, of unknown length", nil, -1, 0, ""},
		{"a body of known length is left alone", strings.NewReader("known"), 5, 5, "known"},
		{"one of unknown length is taken in", strings.NewReader("unknown"), -1, 7, "unknown"},
		{"an empty one", strings.NewReader(""), -1, 0, ""},
		{"a long one", iotest.HalfReader(strings.NewReader(long)), -1, 200000, long},
	} {
		t.Run(row.text, func(t *testing.T) {
			r := get()
			r.Body, r.ContentLength = row.body, row.declared
			out, done, err := BufferUnknownLength(r, nil)
			if err != nil {
				t.Fatal(err)
			}
			defer done()
			got := ""
			if out.Body != nil {
				b, err := io.ReadAll(out.Body)
				if got = string(b); err != nil {
					t.Error(err)
				}
			}
			n, ok, _ := out.Params.ContentLength()
			if out.ContentLength != row.length || got != row.want || ok && n != row.length {
				t.Errorf("%d, %.20q, %v", out.ContentLength, got, out.Params)
			}
			if r.ContentLength != row.declared || len(r.Params) != 2 {
				t.Error("the request itself was changed")
			}
		})
	}
}

func TestMeasureRefuses(t *testing.T) {
	r := get()
	r.Body, r.ContentLength = strings.NewReader(strings.Repeat("m", 1000)), -1
	if _, _, err := BufferUnknownLength(r, &Limits{SpoolMemory: 100, Spool: 100}); !errors.Is(err, ErrTooLarge) {
		t.Error(err)
	}
	r.Body = iotest.ErrReader(io.ErrClosedPipe)
	if _, _, err := BufferUnknownLength(r, nil); !errors.Is(err, io.ErrClosedPipe) {
		t.Error(err)
	}
}
