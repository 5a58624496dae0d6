package route

import (
	"strings"
	"unicode/utf8"

	"github.com/postern-gateway/postern/protocol"
)

// An Environment has what rules may name beyond this package. Its zero value has nothing: rules
// that name none of it can be parsed.
type Environment struct {
	// Local calls the functions of this process. nil: there are none.
	Local Caller

	// Node returns what calls the functions of another process, by the address that a rule names
	// it with: "127.0.0.1:3031". It does not connect yet. nil: there are none.
	Node func(address string) (Caller, error)

	// Action returns an action that this package does not know, or nil where nobody knows it. args
	// are what follows the name and its colon. Where these have variables in them, which rules must
	// set, it is called while requests are served, once for each text that they come to, up to 256
	// times. nil: there are none.
	Action func(name, args string) (Action, error)

	// Version is what %V stands for.
	Version string

	// Ignored is told of an option of uWSGI that is no rule, as a file of uWSGI's may hold. nil:
	// one is an error.
	Ignored func(at Position, option string)
}

// Parse reads rules, as uWSGI's ini files hold them: a line each, "route = ^/foo rpc:hello". What
// is wrong is an [*Error], whose position is in file.
func (e *Environment) Parse(file, text string) ([]Rule, error) {
	var rules []Rule
	var block span // the option that decides about the lines here
	for n := 1; text != ""; n++ {
		var line string
		line, text, _ = strings.Cut(text, "\n")
		s := span{strings.TrimSuffix(line, "\r"), Position{file, n, 1}}
		if n == 1 {
			s = s.from(len(s.text) - len(strings.TrimPrefix(s.text, "\ufeff")))
		}
		block = blockOf(s.trim(), block)
		r, err := e.parseLine(s.trim())
		if err != nil {
			return nil, err
		}
		if r != nil {
			if block.text != "" {
				return nil, errorAt(r.At, "the rule depends on %s in line %d, and uWSGI's configuration logic is not followed here: "+
					"write the condition into the rule, as in route-if = exists:/run/maintenance redirect:/offline", block.text, block.at.Line)
			}
			rules = append(rules, *r)
		}
	}
	return rules, nil
}

// ParseRule reads one rule, as Parse does a line. A text without an option's name is of route:
// "^/foo rpc:hello".
func (e *Environment) ParseRule(source, text string) (Rule, error) {
	s := span{text, Position{source, 1, 1}}.trim()
	if strings.ContainsAny(text, "\n\r") {
		return Rule{}, s.errorf("a rule is one line")
	}
	key, value, ok := s.cut("=")
	if !ok || !isRoute(key.trim().text) {
		key, value = span{"route", s.at}, s
	}
	r, err := e.parseOption(key.trim(), value.trim())
	if err != nil {
		return Rule{}, err
	}
	return *r, nil
}

// parseLine reads a line; nil is a line without a rule.
func (e *Environment) parseLine(s span) (*Rule, error) {
	switch {
	case s.text == "", s.text[0] == ';', s.text[0] == '#', s.text == "[uwsgi]":
		return nil, nil
	case s.text[0] == '[':
		return nil, s.errorf("a section %s is not read: rules are in [uwsgi], or in none", protocol.Clip(s.text))
	case !utf8.ValidString(s.text):
		return nil, s.errorf("the line is no UTF-8")
	}
	key, value, ok := s.cut("=")
	key, value = key.trim(), value.trim()
	if e.Ignored != nil && !isRoute(key.text) && (ok && key.word() == key.text || isBare(key.text)) {
		e.Ignored(key.at, key.text)
		return nil, nil
	}
	if !ok {
		return nil, s.errorf("%q is no rule: write OPTION = CONDITION ACTION, as in route = ^/foo rpc:hello", s.word())
	}
	return e.parseOption(key, value)
}

// options are the names of rules, and the variable that each matches.
var options = map[string]string{
	"route":             "PATH_INFO",
	"route-host":        "HTTP_HOST",
	"route-uri":         "REQUEST_URI",
	"route-qs":          "QUERY_STRING",
	"route-remote-addr": "REMOTE_ADDR",
	"route-remote-user": "REMOTE_USER",
	"route-user-agent":  "HTTP_USER_AGENT",
	"route-referer":     "HTTP_REFERER",
	"route-if":          "",
	"route-if-not":      "",
	"route-run":         "",
	"route-label":       "",
}

// isRoute reports whether the name of an option is a rule's, or is meant to be.
func isRoute(option string) bool {
	return strings.HasPrefix(option, "rout") || strings.HasSuffix(option, "-route") || strings.Contains(option, "-route-")
}

// optionNames are those of options, as errors tell them.
var optionNames = []string{"route", "route-host", "route-uri", "route-qs", "route-remote-addr", "route-remote-user", "route-user-agent",
	"route-referer", "route-if", "route-if-not", "route-run", "route-label"}

// parseOption reads the rule of one option.
func (e *Environment) parseOption(key, value span) (r *Rule, err error) {
	variable, known := options[key.text]
	_, begun := options[key.word()]
	switch {
	case !known && otherChain(key.text):
		return nil, key.errorf("%s: rules are for requests alone here; addheader, setheader and delheader of "+
			"a request's rule change the fields of any answer", key.word())
	case !known && begun:
		return nil, key.errorf("a = is missing after %s: write OPTION = CONDITION ACTION, as in route = ^/foo rpc:hello", key.word())
	case !known:
		return nil, key.errorf("%q is no option of a rule: known are %s%s", key.word(), strings.Join(optionNames, ", "), meant(key.word(), optionNames...))
	case value.text == "":
		return nil, value.errorf("%s has no value", key.text)
	}
	if at := placeholder.FindStringIndex(value.text); at != nil {
		return nil, value.from(at[0]).errorf("a placeholder of uWSGI's configuration, which stands for nothing here: write what it stands for there")
	}
	r = &Rule{At: key.at, Text: key.text + " = " + value.text}
	if key.text == "route-label" {
		r.Label = value.text
		return r, nil
	}
	p := &ruleParser{env: e, groups: -1}
	action := value
	if key.text != "route-run" {
		var condition span
		var ok bool
		switch condition, action, ok = value.cut(" "); {
		case strings.HasPrefix(condition.text, "basicauth:"), strings.HasPrefix(condition.text, "basicauth-next:"):
			return nil, value.errorf("%s has no condition: write one and a space before basicauth, or route-run", key.text)
		case !ok:
			return nil, value.errorf("%s has no action: write a condition, a space and an action, as in %s", key.text, example(key.text))
		}
		if variable != "" {
			r.If, err = p.matches(variable, condition)
		} else {
			r.If, err = p.condition(condition, key.text == "route-if-not")
		}
		if err != nil {
			return nil, err
		}
	}
	r.Do, err = p.action(action.trim(), r.At)
	if p.secret.text != "" {
		r.Text = key.text + " = " + value.text[:p.secret.at.Column-value.at.Column] + "***"
	}
	return r, err
}

// otherChain reports whether an option is of a chain of uWSGI's that is not the request's.
func otherChain(option string) bool {
	chain, _, ok := strings.Cut(option, "-route")
	return ok && (chain == "response" || chain == "error" || chain == "final")
}

// example is a rule of an option.
func example(option string) string {
	if strings.HasPrefix(option, "route-if") {
		return option + " = equal:${REQUEST_METHOD};POST rpc:hello"
	}
	return option + " = ^/foo rpc:hello ${REMOTE_ADDR}"
}
