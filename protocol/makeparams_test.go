package protocol

import (
	"bytes"
	"testing"
)

func TestMakeParams(t *testing.T) {
	for _, row := range []struct {
		n, size int
		allocs  float64
	}{
		{0, 0, 1}, {1, 1, 1}, {5, 88, 1}, {6, 88, 1}, {10, 184, 1}, {10, 185, 1}, {18, 440, 1}, {19, 440, 1}, {32, 1016, 1}, {33, 1016, 1}, {32, 1017, 1}, {48, 1528, 1}, {49, 10, 2}, {10, 1529, 2},
	} {
		text := bytes.Repeat([]byte("x"), row.size)
		p, s := MakeParams(row.n, text)
		clear(text)
		if len(p) != row.n || cap(p) != row.n || s != string(bytes.Repeat([]byte("x"), row.size)) {
			t.Errorf("%d of %d bytes: %d variables, room for %d, text %.20q", row.n, row.size, len(p), cap(p), s)
		}
		for i := range p {
			p[i] = Param{Name: s, Value: s}
		}
		p.Add("more", "") // must not share with what was made
		if s != string(bytes.Repeat([]byte("x"), row.size)) {
			t.Errorf("%d of %d bytes: text became %.20q", row.n, row.size, s)
		}
		if got := testing.AllocsPerRun(100, func() { kept, keptText = MakeParams(row.n, text) }); got > row.allocs {
			t.Errorf("%d of %d bytes: %v allocations, want at most %v", row.n, row.size, got, row.allocs)
		}
	}
}

var (
	kept     Params
	keptText string
)
