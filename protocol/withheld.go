package protocol

import (
	"iter"
	"slices"
	"strings"
)

// Withheld reports whether a variable does not go to that destination. HTTP_ variables are found in
// any case.
func Withheld(name string, to Destination) bool {
	switch {
	case len(name) > 5 && strings.EqualFold(name[:5], "HTTP_"):
		if len(name) >= len(withheldByLength) || withheldByLength[len(name)]&to == 0 {
			return false
		}
		f := fieldOf(name)
		return f != nil && f.withheld&to != 0
	case to&toScript == 0: // nothing else is withheld from others
		return false
	}
	if f := fieldByName[name]; f != nil {
		return f.withheld&to != 0
	}
	return Steers(name)
}

// withheldByLength is what is withheld of the HTTP_ variables whose names have a length: most are
// known to pass by it alone.
var withheldByLength = func() (m [64]Destination) {
	for i := range fields {
		if f := &fields[i]; f.header != "" {
			m[len(f.name)] |= f.withheld
		}
	}
	return m
}()

// WithheldEmpty reports whether a variable does not go to that destination when its value is empty.
func WithheldEmpty(name string, to Destination) bool {
	f := fieldByName[name]
	return f != nil && f.ifEmpty&to != 0
}

// WithheldField reports whether a header field does not go to that destination. The name is in
// canonical form.
func WithheldField(header string, to Destination) bool {
	if n := len("HTTP_") + len(header); n >= len(withheldByLength) || withheldByLength[n]&to == 0 {
		return false
	}
	f := fieldByHeader[header]
	return f != nil && f.withheld&to != 0
}

// IsRequestVariable reports whether a variable of that name tells of a request: one of a process's
// own environment is another request's.
func IsRequestVariable(name string) bool {
	return byName[name] != nil || fieldByName[name] != nil || strings.HasPrefix(name, "HTTP_")
}

// To returns the variables that go to that destination: p itself, which the caller must then not
// change, where all do.
func (p Params) To(d Destination) Params {
	for i := range p {
		if Withheld(p[i].Name, d) {
			return p.to(d, i)
		}
	}
	return p
}

// to is To for variables of which the first that does not go is at i.
func (p Params) to(d Destination, i int) Params {
	out := append(make(Params, 0, len(p)+4), p[:i]...)
	for _, v := range p[i+1:] {
		if !Withheld(v.Name, d) {
			out = append(out, v)
		}
	}
	return out
}

// WithheldFields ranges over the header fields that do not go on to that destination. Of a request
// they are those of a derived header: its Content-Type and its Content-Length are not a client's
// field, and go.
func WithheldFields(to Destination) iter.Seq[string] {
	return func(yield func(string) bool) {
		for i := range fields {
			f := &fields[i]
			if f.header != "" && f.withheld&to != 0 && (to == ToClient || f.withheld&ToHandler == 0) && !yield(f.header) {
				return
			}
		}
	}
}

// WithheldNames returns the names of the variables that do not go to that destination, in order,
// whole families as "LD_*". Without those that a script's host sets by itself.
func WithheldNames(to Destination) []string {
	var names []string
	for i := range fields {
		if f := &fields[i]; f.withheld&to != 0 && !f.host {
			names = append(names, f.name)
		}
	}
	if to&toScript != 0 {
		names = append(names, steers()...)
	}
	slices.Sort(names)
	return names
}
