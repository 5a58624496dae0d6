package protocol

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestUnique(t *testing.T) {
	for _, row := range []struct {
		text    string
		p, want Params
	}{
		{"none", nil, nil},
		{"one of each", Pairs("A", "1", "B", "2"), Pairs("A", "1", "B", "2")},
		{"the last, in its place", Pairs("REMOTE_USER", "mallory", "A", "1", "REMOTE_USER", "bob", "B", "2"), Pairs("A", "1", "REMOTE_USER", "bob", "B", "2")},
		{"the last, also when it is empty", Pairs("CONTENT_LENGTH", "5", "A", "1", "CONTENT_LENGTH", ""), Pairs("A", "1", "CONTENT_LENGTH", "")},
		{"a list is joined", Pairs("HTTP_X", "1", "A", "1", "HTTP_X", "2", "HTTP_X", "3"), Pairs("A", "1", "HTTP_X", "1, 2, 3")},
		{"cookies are joined in their own way", Pairs("HTTP_COOKIE", "a=1", "HTTP_COOKIE", "b=2"), Pairs("HTTP_COOKIE", "a=1; b=2")},
		{"of a single field the last counts", Pairs("HTTP_HOST", "a", "HTTP_HOST", "b", "HTTP_AUTHORIZATION", "a", "HTTP_AUTHORIZATION", "b"),
			Pairs("HTTP_HOST", "b", "HTTP_AUTHORIZATION", "b")},
		{"so it does of fields that tell who the client is", Pairs("HTTP_X_FORWARDED_USER", "mallory", "HTTP_X_REMOTE_USER", "mallory",
			"HTTP_X_FORWARDED_USER", "bob", "HTTP_X_REMOTE_USER", "bob"), Pairs("HTTP_X_FORWARDED_USER", "bob", "HTTP_X_REMOTE_USER", "bob")},
		{"names are told apart by case", Pairs("A", "1", "a", "2"), Pairs("A", "1", "a", "2")},
	} {
		t.Run(row.text, func(t *testing.T) {
			before := row.p.Clone()
			if diff := cmp.Diff(row.want, row.p.Unique()); diff != "" {
				t.Error(diff)
			}
			if diff := cmp.Diff(before, row.p); diff != "" {
				t.Errorf("the caller's were changed: %s", diff)
			}
		})
	}
}

// Requests of every size, without a duplicate and with one at their end.
func TestUniqueOfMany(t *testing.T) {
	for _, n := range []int{1, 2, 20, 127, 128, 129, 255, 256, 257, 4096} {
		var p Params
		for i := range n {
			p.Add(fmt.Sprint("NAME_", i), "v")
		}
		if got := p.Unique(); len(got) != n || &got[0] != &p[0] {
			t.Errorf("%d: %d, or a copy", n, len(got))
		}
		p.Add("NAME_0", "last")
		if got := p.Unique(); len(got) != n || got[n-1].Value != "last" {
			t.Errorf("%d and one twice: %d", n, len(got))
		}
	}
}

// A peer that repeats a field as often as the limits let it does not make us copy it as many times
// over.
func TestUniqueOfALongList(t *testing.T) {
	var p Params
	for range 4096 {
		p.Add("HTTP_X", strings.Repeat("v", 60))
	}
	if got := p.Unique(); len(got) != 1 || len(got[0].Value) != 4096*62-2 {
		t.Errorf("%d", len(got))
	}
	if n := testing.AllocsPerRun(1, func() { p.Unique() }); n > 100 {
		t.Errorf("%v allocations", n)
	}
}
