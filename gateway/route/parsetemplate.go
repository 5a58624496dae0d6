package route

import (
	"strings"

	"github.com/postern-gateway/postern/protocol"
)

// template reads a text with $1 and ${VAR} in it. What looks like neither stands for itself, as in
// uWSGI: $$, $x, and a brace that is not closed.
func (p *ruleParser) template(s span) (template, error) {
	t := template{text: s.text}
	var literal strings.Builder
	add := func(part templatePart) {
		if literal.Len() > 0 {
			t.parts = append(t.parts, templatePart{text: literal.String()})
			literal.Reset()
		}
		t.parts = append(t.parts, part)
	}
	for rest := s; rest.text != ""; {
		part, n, err := p.part(rest)
		switch {
		case err != nil:
			return template{}, err
		case n > 0:
			add(part)
			rest = rest.from(n)
		case strings.HasPrefix(rest.text, "$$"):
			literal.WriteString("$$")
			rest = rest.from(2)
		case strings.HasPrefix(rest.text, "%V"):
			literal.WriteString(p.env.Version)
			rest = rest.from(2)
		default:
			literal.WriteByte(rest.text[0])
			rest = rest.from(1)
		}
	}
	if literal.Len() > 0 {
		text := literal.String()
		if t.parts = append(t.parts, templatePart{text: text}); len(t.parts) == 1 {
			t.text = text
		}
	}
	return t, nil
}

// part reads what s begins with, if that is put in: n is its length, or 0.
func (p *ruleParser) part(s span) (part templatePart, n int, err error) {
	if len(s.text) < 2 || s.text[0] != '$' {
		return part, 0, nil
	}
	if c := s.text[1]; c >= '0' && c <= '9' {
		part.kind, part.n = groupPart, int(c-'0')
		switch {
		case p.groups < 0:
			return part, 0, s.errorf("$%d: the rule has no regular expression that matches, and so no groups", part.n)
		case part.n > p.groups:
			return part, 0, s.errorf("$%d: the rule's regular expression has %d groups", part.n, p.groups)
		}
		return part, 2, nil
	}
	end := strings.IndexByte(s.text, '}')
	if s.text[1] != '{' || end < 0 {
		return part, 0, nil
	}
	part, err = p.variable(span{s.text[2:end], s.from(2).at})
	return part, end + 1, err
}

// variable reads what is between the braces.
func (p *ruleParser) variable(s span) (part templatePart, err error) {
	name, argument, isFunction := s.cut("[")
	switch {
	case s.text == "":
		return part, s.errorf("a variable's name is missing: write ${REQUEST_URI}, say")
	case !isFunction:
		return templatePart{kind: variablePart, text: s.text}, nil
	case !strings.HasSuffix(argument.text, "]"):
		return part, s.errorf("%q has a bracket that is not closed: write ${NAME[ARGUMENT]}", protocol.Clip(s.text))
	}
	fn, of := findValueFunc(name.text), strings.TrimSuffix(argument.text, "]")
	if fn == nil {
		return part, s.errorf("unknown function %q: known are %s", protocol.Clip(name.text), valueFuncNames())
	}
	if wrong := fn.check(of); wrong != "" {
		return part, s.errorf("%s", wrong)
	}
	return templatePart{kind: functionPart, text: of, fn: fn}, nil
}

func valueFuncNames() string {
	names := make([]string, len(valueFuncs))
	for i := range valueFuncs {
		names[i] = valueFuncs[i].name
	}
	return strings.Join(names, ", ")
}
