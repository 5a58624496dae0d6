package route

import (
	"maps"
	"net/http"
	"slices"
	"strings"
)

// An actionParser reads the arguments of an action: what follows its colon.
type actionParser func(p *ruleParser, args span, at Position) (Action, error)

// actions has a row for each action that this package knows. It is a function, as goto and others
// are found through it.
func actions() map[string]actionParser {
	return map[string]actionParser{
		"next":               flowAction(Next),
		"continue":           flowAction(Continue),
		"last":               flowAction(Continue),
		"break":              (*ruleParser).breakAction,
		"goto":               (*ruleParser).gotoAction,
		"log":                (*ruleParser).logAction,
		"logvar":             assignment(func(name string, value template) Action { return &setLogVariable{name, value} }),
		"addvar":             assignment(func(name string, value template) Action { return &setVariable{name, value} }),
		"addheader":          headerAction(addField),
		"setheader":          headerAction(setField),
		"delheader":          headerAction(delField),
		"remheader":          headerAction(delField),
		"clearheaders":       (*ruleParser).clearAction,
		"fixpathinfo":        fixAction,
		"basicauth":          basicAuthAction(false),
		"basicauth-next":     basicAuthAction(true),
		"status":             (*ruleParser).statusAction,
		"return":             (*ruleParser).returnAction,
		"break-with-status":  (*ruleParser).returnAction,
		"send":               sendAction(""),
		"send-crnl":          sendAction("\r\n"),
		"rewrite":            rewriteAction(Next),
		"rewrite-last":       rewriteAction(Continue),
		"redirect":           redirectAction(http.StatusFound),
		"redirect-302":       redirectAction(http.StatusFound),
		"redirect-permanent": redirectAction(http.StatusMovedPermanently),
		"redirect-301":       redirectAction(http.StatusMovedPermanently),
		"static":             (*ruleParser).staticAction,
		"rpc":                callAction(func(c invocation) Action { return &answerCall{c} }),
		"call":               callAction(func(c invocation) Action { return &answerCall{c} }),
		"rpcnext":            callAction(func(c invocation) Action { return &appendCall{c} }),
		"rpcblob":            callAction(func(c invocation) Action { return &appendCall{c} }),
		"rpcraw":             callAction(func(c invocation) Action { return &rawCall{c} }),
		"rpcret":             callAction(func(c invocation) Action { return &resultCall{c} }),
		"rpcvar":             (*ruleParser).rpcvarAction,
	}
}

// action reads NAME:ARGUMENTS.
func (p *ruleParser) action(s span, at Position) (Action, error) {
	name, args, ok := s.cut(":")
	if !ok {
		return nil, s.errorf("%q is no action: write NAME:ARGUMENTS, with the colon also where there are none, as in last:", s.word())
	}
	known := actions()
	if parse := known[name.text]; parse != nil {
		return parse(p, args, at)
	}
	if variable, ok := setters[name.text]; ok {
		value, err := p.template(args)
		return &setVariable{variable, value}, err
	}
	if do, err := p.further(name.text, args); do != nil || err != nil {
		return do, err
	}
	names := slices.Concat(slices.Collect(maps.Keys(known)), slices.Collect(maps.Keys(setters)))
	slices.Sort(names)
	if slices.Contains(names, name.word()) {
		return nil, name.errorf("%q wants its colon at once: write %[1]s:ARGUMENTS", name.word())
	}
	return nil, name.errorf("unknown action %q: known are %s%s", name.word(), strings.Join(names, ", "), meant(name.word(), names...))
}

// further reads an action of the Environment; nil is none.
func (p *ruleParser) further(name string, args span) (Action, error) {
	switch {
	case p.env.Action == nil:
		return nil, nil
	case strings.Contains(args.text, "$"):
		return p.address(name, args)
	}
	do, err := p.env.Action(name, args.text)
	if err != nil {
		return nil, args.within(err)
	}
	return do, nil
}

func flowAction(r Result) actionParser {
	return func(_ *ruleParser, args span, _ Position) (Action, error) {
		if args.text != "" {
			return nil, args.errorf("%v has no arguments", r)
		}
		return flow(r), nil
	}
}

func (p *ruleParser) breakAction(args span, at Position) (Action, error) {
	if args.text == "" {
		return flow(Break), nil
	}
	t, err := p.status(args)
	return &breakWith{t}, err
}

func (p *ruleParser) gotoAction(args span, at Position) (Action, error) {
	if args.text == "" {
		return nil, args.errorf("goto has no label: write goto:LABEL")
	}
	t, err := p.template(args)
	return &jump{t}, err
}

func (p *ruleParser) logAction(args span, at Position) (Action, error) {
	t, err := p.template(args)
	return &logLine{t, at}, err
}

func (p *ruleParser) statusAction(args span, at Position) (Action, error) {
	code, err := parseStatus(args.text)
	if err != nil {
		return nil, args.within(err)
	}
	return &setStatus{code}, nil
}

// clearAction reads the status of clearheaders.
func (p *ruleParser) clearAction(args span, _ Position) (Action, error) {
	t, err := p.status(args)
	return &clearHeaders{t}, err
}

func fixAction(_ *ruleParser, args span, _ Position) (Action, error) {
	if args.text != "" {
		return nil, args.errorf("fixpathinfo has no arguments")
	}
	return fixPath{}, nil
}

// status reads a status, which may have variables in it.
func (p *ruleParser) status(args span) (template, error) {
	t, err := p.template(args)
	if err == nil && t.fixed() {
		if _, bad := parseStatus(t.text); bad != nil {
			err = args.within(bad)
		}
	}
	return t, err
}

func (p *ruleParser) returnAction(args span, at Position) (Action, error) {
	code, err := parseStatus(args.text)
	if err != nil {
		return nil, args.within(err)
	}
	return &returnStatus{code}, nil
}
