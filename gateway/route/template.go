package route

import (
	"strings"
)

// A template is a text of a rule, with what stands in it for parts of the request: $1 to $9 and
// ${VAR}. It is expanded in one pass: what is put in is never looked at again. The zero value is
// empty.
type template struct {
	text  string // as it was written
	parts []templatePart
}

// A templatePart is a part of a template: a literal, or what is put in its place.
type templatePart struct {
	kind partKind
	text string // the literal, the variable's name, or the function's argument
	n    int    // of the group
	fn   *valueFunc
}

// A partKind says what a part of a template is.
type partKind uint8

const (
	literalPart partKind = iota
	groupPart
	variablePart
	functionPart
)

// String returns the template as it was written.
func (t template) String() string { return t.text }

// fixed reports whether t is the same for every request. Its text is then what it expands to.
func (t template) fixed() bool {
	return len(t.parts) == 0 || len(t.parts) == 1 && t.parts[0].kind == literalPart
}

// Expand returns the text for a request.
func (t template) Expand(x *Exchange) string {
	switch len(t.parts) {
	case 0:
		return ""
	case 1:
		return t.parts[0].value(x)
	}
	var room [8]string
	values := room[:0]
	for i := range t.parts {
		values = append(values, t.parts[i].value(x))
	}
	return strings.Join(values, "")
}

// value returns what a part is for a request.
func (p *templatePart) value(x *Exchange) string {
	switch p.kind {
	case groupPart:
		return x.Group(p.n)
	case variablePart:
		return x.Get(p.text)
	case functionPart:
		return p.fn.value(x, p.text)
	}
	return p.text
}

// isURL reports whether a part's value is encoded, as a URL is. A literal is: whoever writes a URL
// into a rule writes it as it is sent.
func (p *templatePart) isURL(x *Exchange) bool {
	switch p.kind {
	case groupPart:
		return x.matched.isURL
	case variablePart:
		return isURL(p.text)
	case functionPart:
		return p.fn.isURL
	}
	return true
}
