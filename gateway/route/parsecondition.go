package route

import (
	"errors"
	"regexp"
	"regexp/syntax"
	"slices"
	"strings"

	"github.com/postern-gateway/postern/protocol"
)

// A ruleParser reads one rule.
type ruleParser struct {
	env    *Environment
	groups int  // of the rule's regular expression; -1: it has none
	secret span // a part of the rule that nobody else is to see
}

// matches reads the regular expression of a rule.
func (p *ruleParser) matches(variable string, s span) (Condition, error) {
	re, err := p.regexp(s)
	if err != nil {
		return nil, err
	}
	return Matches(variable, re), nil
}

func (p *ruleParser) regexp(s span) (*regexp.Regexp, error) {
	re, err := regexp.Compile(s.text)
	if err != nil {
		return nil, badRegexp(s, err)
	}
	p.groups = re.NumSubexp()
	return re, nil
}

// badRegexp says what is wrong with a regular expression, at the place where it is.
func badRegexp(s span, err error) error {
	e, ok := errors.AsType[*syntax.Error](err)
	if !ok {
		return s.errorf("bad regular expression %q: %v", s.text, err)
	}
	at := s
	if i := strings.Index(s.text, e.Expr); i > 0 {
		at = s.from(i)
	}
	return at.errorf("bad regular expression %q: %s: %q%s", s.text, e.Code, e.Expr, lacking(e.Expr))
}

// lacking says what of PCRE's, which uWSGI has, Go's regular expressions lack.
func lacking(expr string) string {
	const instead = ": Go's regular expressions (RE2) have none, as each matches in a time that grows with the text alone; "
	switch {
	case strings.HasPrefix(expr, "(?=") || strings.HasPrefix(expr, "(?!") || strings.HasPrefix(expr, "(?<=") || strings.HasPrefix(expr, "(?<!"):
		return ", which looks around" + instead + "write a rule of its own before this one, or route-if-not"
	case len(expr) > 1 && expr[0] == '\\' && expr[1] >= '1' && expr[1] <= '9':
		return ", a reference back" + instead + "compare groups by route-if = equal:"
	case strings.HasPrefix(expr, "(?>") || strings.HasSuffix(expr, "++") || strings.HasSuffix(expr, "*+") || strings.HasSuffix(expr, "?+"):
		return ", which keeps what it has matched" + instead + "leave the sign out"
	}
	return ""
}

// condition reads the condition of route-if: NAME:TEXT or NAME:TEXT;PATTERN.
func (p *ruleParser) condition(s span, negate bool) (Condition, error) {
	name, args, ok := s.cut(":")
	if !ok {
		return nil, s.errorf("%q is no condition: write NAME:TEXT or NAME:TEXT;PATTERN, as in equal:${REQUEST_METHOD};POST", s.word())
	}
	if name.text == "regexp" || name.text == "re" {
		return p.regexpCondition(args, negate)
	}
	t := findTest(name.text)
	if t == nil {
		names := testNames()
		return nil, name.errorf("unknown condition %q: known are %s%s", name.word(), strings.Join(names, ", "), meant(name.word(), names...))
	}
	text, pattern, ok := args.cut(";")
	switch {
	case t.pattern && !ok:
		return nil, args.errorf("%s has nothing to compare with: write %[1]s:TEXT;PATTERN", name.text)
	case !t.pattern:
		text = args
	}
	c := &tested{test: t, negate: negate}
	var err error
	if c.text, err = p.template(text); err != nil {
		return nil, err
	}
	if t.pattern {
		c.pattern, err = p.template(pattern)
	}
	if t.network && c.pattern.fixed() {
		if _, err := parseNetwork(c.pattern.text); err != nil {
			return nil, pattern.errorf("%q is no network: write an address, or one with its bits, as in 10.0.0.0/8", protocol.Clip(pattern.text))
		}
	}
	return c, err
}

func (p *ruleParser) regexpCondition(args span, negate bool) (Condition, error) {
	text, pattern, ok := args.cut(";")
	if !ok {
		return nil, args.errorf("regexp has no regular expression: write regexp:TEXT;REGEXP")
	}
	c := &testedRegexp{negate: negate}
	var err error
	if c.text, err = p.template(text); err != nil {
		return nil, err
	}
	if c.re, err = p.regexp(pattern); negate {
		p.groups = -1
	}
	return c, err
}

func findTest(name string) *test {
	for i := range tests {
		if slices.Contains(tests[i].names, name) {
			return &tests[i]
		}
	}
	return nil
}

func testNames() []string {
	names := []string{"regexp"}
	for i := range tests {
		names = append(names, tests[i].names[0])
	}
	return names
}
