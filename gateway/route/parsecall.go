package route

import (
	"strings"

	"github.com/postern-gateway/postern/protocol"
)

// The bounds of a call ("uWSGI RPC Stack").
const (
	maxArguments = 254
	maxName      = 255
)

// callAction reads FUNCTION ARGUMENT... or FUNCTION@NODE ARGUMENT...
func callAction(of func(c invocation) Action) actionParser {
	return func(p *ruleParser, args span, _ Position) (Action, error) {
		c, err := p.invocation(args)
		if err != nil {
			return nil, err
		}
		return of(c), nil
	}
}

// rpcvarAction reads VARIABLE FUNCTION ARGUMENT...
func (p *ruleParser) rpcvarAction(args span, _ Position) (Action, error) {
	variable, call, ok := args.trim().cut(" ")
	if !ok {
		return nil, args.errorf("rpcvar has no function: write rpcvar:VARIABLE FUNCTION ARGUMENT...")
	}
	c, err := p.invocation(call)
	return &variableCall{c, variable.text}, err
}

// invocation reads a function and its arguments, which blanks part.
func (p *ruleParser) invocation(s span) (c invocation, err error) {
	words := s.fields()
	if len(words) == 0 {
		return c, s.errorf("no function is named: write FUNCTION ARGUMENT... or FUNCTION@HOST:PORT ARGUMENT...")
	}
	name, node, remote := words[0].cut("@")
	c.name, c.node = name.text, node.text
	switch {
	case c.name == "" || len(c.name) > maxName || strings.ContainsAny(c.name, "\x00"):
		return c, name.errorf("%q cannot be a function's name", protocol.Clip(c.name))
	case strings.Contains(words[0].text, "${") || p.groups > 0 && strings.Contains(words[0].text, "$"):
		return c, name.errorf("the function is the same for every request: %q cannot have a variable in it", protocol.Clip(words[0].text))
	case len(words)-1 > maxArguments:
		return c, words[maxArguments+1].errorf("%d arguments: at most %d", len(words)-1, maxArguments)
	case remote && c.node == "":
		return c, node.errorf("no node is named: write %s@HOST:PORT", c.name)
	case remote && p.env.Node == nil:
		return c, node.errorf("functions of other processes cannot be called here")
	case remote:
		if c.caller, err = p.env.Node(c.node); err != nil {
			return c, node.within(err)
		}
	case p.env.Local == nil:
		return c, name.errorf("there are no functions in this process: write %s@HOST:PORT for another's", c.name)
	default:
		c.caller = p.env.Local
	}
	for _, word := range words[1:] {
		arg, err := p.template(word)
		if err != nil {
			return c, err
		}
		c.args = append(c.args, arg)
	}
	return c, nil
}
