package scgi

import (
	"bytes"
	"fmt"
	"testing"
)

func seed(f *testing.F, add func(b []byte)) {
	for _, row := range golden {
		add([]byte(row.bytes))
	}
	for _, row := range bad {
		add([]byte(row.bytes))
	}
}

// A length that is read is the one that is written.
func FuzzConsumeLength(f *testing.F) {
	seed(f, func(b []byte) { f.Add(b) })
	f.Fuzz(func(t *testing.T, b []byte) {
		length, n, err := consumeLength(b)
		if n > 0 && (err != nil || fmt.Sprintf("%d:", length) != string(b[:n])) {
			t.Fatalf("%d, %d, %v", length, n, err)
		}
	})
}

// A block that is read is the one that is written.
func FuzzConsumeBlock(f *testing.F) {
	seed(f, func(b []byte) {
		if _, n, _ := consumeLength(b); n > 0 {
			f.Add(b[n : len(b)-1])
		}
	})
	f.Fuzz(func(t *testing.T, b []byte) {
		p, length, err := consumeBlock(b, 100)
		if err != nil {
			return
		}
		var again []byte
		for name, value := range p.All() {
			again = appendPair(again, name, value)
		}
		if !bytes.Equal(again, b) || len(p) > 100 || length < 0 {
			t.Fatalf("%q is not %q, length %d", again, b, length)
		}
	})
}

// A head that is read is written in the same way, once its order is ours; no strict prefix of it is
// read.
func FuzzConsumeRequest(f *testing.F) {
	seed(f, func(b []byte) { f.Add(b) })
	f.Fuzz(func(t *testing.T, b []byte) {
		p, length, n, err := consumeRequest(b, 100)
		if err != nil || n == 0 {
			return
		}
		if _, _, m, err := consumeRequest(b[:n-1], 100); m != 0 || err != nil {
			t.Fatalf("prefix: %d, %v", m, err)
		}
		again, err := appendRequest(nil, p, length)
		if err != nil {
			t.Fatal(err)
		}
		if _, l, m, err := consumeRequest(again, 200); err != nil || m != len(again) || l != length {
			t.Fatalf("again: %d of %d bytes, length %d, %v", m, len(again), l, err)
		}
	})
}

func FuzzNext(f *testing.F) { stream.FuzzNext(f, seed) }

func FuzzResponse(f *testing.F) { stream.FuzzResponse(f) }
