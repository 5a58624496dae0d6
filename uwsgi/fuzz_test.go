package uwsgi

import (
	"bytes"
	"testing"
)

func seed(f *testing.F, add func(packet []byte)) {
	for _, row := range golden {
		if len(row.bytes) < 1000 {
			add([]byte(row.bytes))
		}
	}
	for _, row := range bad {
		add(append(AppendHeader(nil, Header{Size: len(row.block)}), row.block...))
	}
	for _, row := range pongs {
		add([]byte(row.bytes))
	}
}

// A packet that is read is the one that is written; no strict prefix of it is read.
func FuzzConsumePacket(f *testing.F) {
	seed(f, func(b []byte) { f.Add(b) })
	f.Fuzz(func(t *testing.T, b []byte) {
		h, block, n := consumePacket(b)
		if n == 0 {
			return
		}
		if again := append(AppendHeader(nil, h), block...); !bytes.Equal(again, b[:n]) {
			t.Fatalf("%q is not %q", again, b[:n])
		}
		if _, _, m := consumePacket(b[:n-1]); m != 0 {
			t.Fatalf("a prefix of %d of %d bytes", m, n)
		}
	})
}

// A block that is read is the one that is written.
func FuzzConsumeVariables(f *testing.F) {
	seed(f, func(b []byte) { f.Add(b[4:]) })
	f.Fuzz(func(t *testing.T, b []byte) {
		p, err := ConsumeVariables(b, 100)
		if err != nil {
			return
		}
		var again []byte
		for name, value := range p.All() {
			again = AppendString(AppendString(again, name), value)
		}
		if !bytes.Equal(again, b) || len(p) == 0 || len(p) > 100 {
			t.Fatalf("%q is not %q", again, b)
		}
	})
}

// What answers a ping is a packet; no strict prefix of it is an answer.
func FuzzConsumePong(f *testing.F) {
	seed(f, func(b []byte) { f.Add(b) })
	f.Fuzz(func(t *testing.T, b []byte) {
		warning, n, err := consumePong(b)
		if n == 0 || err != nil {
			return
		}
		if again := append(AppendHeader(nil, Header{Modifier1: ModifierPing, Size: len(warning), Modifier2: 1}), warning...); !bytes.Equal(again, b[:n]) {
			t.Fatalf("%q is not %q", again, b[:n])
		}
		if _, m, _ := consumePong(b[:n-1]); m != 0 {
			t.Fatalf("a prefix of %d of %d bytes", m, n)
		}
	})
}

func FuzzNext(f *testing.F) { stream.FuzzNext(f, seed) }

func FuzzResponse(f *testing.F) { stream.FuzzResponse(f) }
