package protocol

import (
	"hash/maphash"
	"strings"
)

// Unique returns the variables with each name once, in the place of its last: that one's value, or,
// of header fields that are lists, the values of all of them, joined (RFC 9110 section 5.3).
// Without duplicates it is p itself, which the caller must then not change.
func (p Params) Unique() Params {
	if !p.hasTwice() {
		return p
	}
	last := make(map[string]int, len(p))
	values := make(map[string][]string)
	for i, v := range p {
		if j, twice := last[v.Name]; twice && strings.HasPrefix(v.Name, "HTTP_") {
			if values[v.Name] == nil {
				values[v.Name] = []string{p[j].Value}
			}
			values[v.Name] = append(values[v.Name], v.Value)
		}
		last[v.Name] = i
	}
	out := make(Params, 0, len(last))
	for i, v := range p {
		if last[v.Name] != i {
			continue
		}
		if all := values[v.Name]; all != nil {
			v.Value = joinField(headerOf(v.Name), all)
		}
		out = append(out, v)
	}
	return out
}

// headerOf is the header field that an HTTP_ variable came from, or "" for what cannot be one.
func headerOf(name string) string {
	if f := fieldOf(name); f != nil {
		return f.header
	}
	return fieldName(name)
}

var seed = maphash.MakeSeed()

// hasTwice reports whether a name is there twice. It allocates nothing for a request of a usual
// size.
func (p Params) hasTwice() bool {
	var slots [256]uint8 // an index into p, plus one
	if len(p) > len(slots)/2 {
		return p.hasTwiceOfMany()
	}
	for i := range p {
		at := uint8(maphash.String(seed, p[i].Name))
		for ; slots[at] != 0; at++ {
			if p[slots[at]-1].Name == p[i].Name {
				return true
			}
		}
		slots[at] = uint8(i + 1)
	}
	return false
}

func (p Params) hasTwiceOfMany() bool {
	seen := make(map[string]struct{}, len(p))
	for i := range p {
		seen[p[i].Name] = struct{}{}
	}
	return len(seen) < len(p)
}
