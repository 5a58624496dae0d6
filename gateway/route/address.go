package route

import (
	"net/http"
	"slices"
	"sync"

	"github.com/postern-gateway/postern/protocol"
)

// maxAddresses is how many addresses a rule may come to that has a variable in its address.
const maxAddresses = 256

// An addressed is an action of [Environment.Action] whose arguments have variables in them. Rules
// set these: what a client sends never becomes an address.
type addressed struct {
	action func(name, args string) (Action, error)
	name   string
	args   template

	mu    sync.Mutex
	known map[string]Action // by the arguments
}

// Do implements [Action].
func (a *addressed) Do(x *Exchange) (Result, error) {
	for i := range a.args.parts {
		if p := &a.args.parts[i]; p.kind == variablePart && !slices.Contains(x.set, p.text) {
			return Break, &protocol.Error{Op: "route", Kind: errRule, Detail: "the address of " + a.name + ": has ${" + p.text + "}, which no rule has set"}
		}
	}
	do, err := a.find(a.args.Expand(x))
	if err != nil {
		return Break, err
	}
	return do.Do(x)
}

// find returns the action of arguments, which is made once.
func (a *addressed) find(args string) (Action, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if do := a.known[args]; do != nil {
		return do, nil
	}
	if len(a.known) == maxAddresses {
		return nil, &protocol.Error{Op: "route", Kind: protocol.ErrTooLarge, Status: http.StatusServiceUnavailable,
			Detail: protocol.Exceeds(maxAddresses+1, maxAddresses, "addresses of one rule")}
	}
	do, err := a.action(a.name, args)
	if err != nil {
		return nil, &protocol.Error{Op: "route: " + a.name, Kind: protocol.ErrUpstream, Err: err}
	}
	if a.known == nil {
		a.known = make(map[string]Action)
	}
	a.known[args] = do
	return do, nil
}

// address reads the arguments of an action of the Environment that have variables in them.
func (p *ruleParser) address(name string, args span) (Action, error) {
	if do, err := p.env.Action(name, ""); do == nil && err == nil {
		return nil, nil // there is no such action
	}
	t, err := p.template(args)
	if err != nil {
		return nil, err
	}
	for i := range t.parts {
		if kind := t.parts[i].kind; kind == groupPart || kind == functionPart {
			return nil, args.errorf("an address can have variables in it that rules set, as rpcvar does, and neither groups nor functions")
		}
	}
	return &addressed{action: p.env.Action, name: name, args: t}, nil
}

// unset returns a variable of an address that no rule before it sets; "" where each is set, or may
// be.
func (a *addressed) unset(before []Rule) string {
	for i := range a.args.parts {
		if p := &a.args.parts[i]; p.kind == variablePart && !slices.ContainsFunc(before, func(r Rule) bool { return maySet(r.Do, p.text) }) {
			return p.text
		}
	}
	return ""
}

// maySet reports whether an action may set a variable.
func maySet(do Action, name string) bool {
	switch a := do.(type) {
	case *setVariable:
		return a.name == name
	case *variableCall:
		return a.variable == name
	case ActionFunc:
		return true
	}
	return false
}
