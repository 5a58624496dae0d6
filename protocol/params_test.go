package protocol

import (
	"errors"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestParamsAreFoundInOrder(t *testing.T) {
	p := Pairs("A", "1", "B", "2", "A", "3", "", "no name", "b", "lower")
	if v, ok := p.Lookup("A"); v != "3" || !ok {
		t.Errorf("Lookup(A) = %q, %v", v, ok)
	}
	if v, ok := p.Lookup("C"); v != "" || ok {
		t.Errorf("Lookup(C) = %q, %v", v, ok)
	}
	if p.Get("b") != "lower" || p.Get("") != "no name" || Params(nil).Get("A") != "" {
		t.Error("Get")
	}
	if diff := cmp.Diff([]string{"1", "3"}, slices.Collect(p.Values("A"))); diff != "" {
		t.Error(diff)
	}
	var all Params
	for name, value := range p.All() {
		all.Add(name, value)
	}
	if diff := cmp.Diff(p, all); diff != "" {
		t.Error(diff)
	}
	for range p.All() {
		break
	}
	for range p.Values("A") {
		break
	}
}

func TestParamsAreChanged(t *testing.T) {
	for _, row := range []struct {
		text   string
		change func(p *Params)
		want   Params
	}{
		{"Add appends, also what is there", func(p *Params) { p.Add("A", "4") }, Pairs("A", "1", "B", "2", "A", "3", "A", "4")},
		{"Set takes the last one's place and removes the others", func(p *Params) { p.Set("A", "9") }, Pairs("B", "2", "A", "9")},
		{"Set appends what is not there", func(p *Params) { p.Set("C", "9") }, Pairs("A", "1", "B", "2", "A", "3", "C", "9")},
		{"Del removes all", func(p *Params) { p.Del("A") }, Pairs("B", "2")},
		{"Del of what is not there changes nothing", func(p *Params) { p.Del("C") }, Pairs("A", "1", "B", "2", "A", "3")},
		{"a clone is its own", func(p *Params) { c := p.Clone(); c[0].Value = "changed"; c.Del("B") }, Pairs("A", "1", "B", "2", "A", "3")},
	} {
		t.Run(row.text, func(t *testing.T) {
			p := Pairs("A", "1", "B", "2", "A", "3")
			row.change(&p)
			if diff := cmp.Diff(row.want, p); diff != "" {
				t.Error(diff)
			}
		})
	}
	var zero Params
	zero.Set("A", "1")
	zero.Del("B")
	if diff := cmp.Diff(Pairs("A", "1"), zero); diff != "" {
		t.Error(diff)
	}
	if Params(nil).Clone() != nil {
		t.Error("a clone of nothing")
	}
}

func TestPairsOfAnOddNumberPanic(t *testing.T) {
	defer func() {
		if recover() == nil {
			t.Error("no panic")
		}
	}()
	Pairs(slices.Concat([]string{"A", "1"}, []string{"B"})...)
}

func TestContentLength(t *testing.T) {
	for _, row := range []struct {
		text string
		p    Params
		n    int64
		ok   bool
		bad  bool
	}{
		{"none", nil, 0, false, false},
		{"empty, as nginx sends it", Pairs("CONTENT_LENGTH", ""), 0, false, false},
		{"zero", Pairs("CONTENT_LENGTH", "0"), 0, true, false},
		{"some", Pairs("CONTENT_LENGTH", "27"), 27, true, false},
		{"leading zeros", Pairs("CONTENT_LENGTH", "0027"), 27, true, false},
		{"the largest", Pairs("CONTENT_LENGTH", "9223372036854775807"), 1<<63 - 1, true, false},
		{"twice the same", Pairs("CONTENT_LENGTH", "5", "CONTENT_LENGTH", "5"), 5, true, false},
		{"empty, then a value", Pairs("CONTENT_LENGTH", "", "CONTENT_LENGTH", "5"), 5, true, false},
		{"two that differ: the last counts", Pairs("CONTENT_LENGTH", "5", "CONTENT_LENGTH", "6"), 6, true, false},
		{"blanked for an auth_request", Pairs("CONTENT_LENGTH", "5", "CONTENT_LENGTH", ""), 0, false, false},
		{"one that is wrong, before one that is right", Pairs("CONTENT_LENGTH", "-5", "CONTENT_LENGTH", "6"), 6, true, false},
		{"beyond an int64", Pairs("CONTENT_LENGTH", "9223372036854775808"), 0, false, true},
		{"negative", Pairs("CONTENT_LENGTH", "-1"), 0, false, true},
		{"a sign", Pairs("CONTENT_LENGTH", "+5"), 0, false, true},
		{"a blank", Pairs("CONTENT_LENGTH", " 5"), 0, false, true},
		{"hexadecimal", Pairs("CONTENT_LENGTH", "0x5"), 0, false, true},
		{"an underscore", Pairs("CONTENT_LENGTH", "1_0"), 0, false, true},
		{"letters behind, which uWSGI takes", Pairs("CONTENT_LENGTH", "5abc"), 0, false, true},
		{"a NUL", Pairs("CONTENT_LENGTH", "5\x00"), 0, false, true},
		{"digits of another script", Pairs("CONTENT_LENGTH", "\u0665"), 0, false, true},
	} {
		t.Run(row.text, func(t *testing.T) {
			n, ok, err := row.p.ContentLength()
			if n != row.n || ok != row.ok || (err != nil) != row.bad || row.bad && !errors.Is(err, ErrMalformed) {
				t.Errorf("%d, %v, %v", n, ok, err)
			}
		})
	}
}
