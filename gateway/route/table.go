package route

import (
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strconv"

	"github.com/postern-gateway/postern/protocol"
)

// A Table is a handler that has rules tried in their order, until one ends it. A request that no
// rule ends goes on to another handler, with what rules have changed of it. It is made by [New] and
// is safe for concurrent use.
type Table struct {
	// Log is where the action log writes, and what rules report. nil: slog.Default. It must not be
	// changed once the table is in use.
	Log *slog.Logger

	rules  []Rule
	labels map[string]int
	next   protocol.Handler
}

// New returns the table of rules whose requests go on to next; nil is a 404. A label that is there
// twice, and a goto that leads nowhere or backwards, are an [*Error].
func New(next protocol.Handler, rules ...Rule) (*Table, error) {
	t := &Table{rules: rules, labels: make(map[string]int), next: next}
	for i, r := range rules {
		if r.Label == "" {
			continue
		}
		if first, ok := t.labels[r.Label]; ok {
			return nil, errorAt(r.At, "the label %q is there twice: first at %v", r.Label, place(rules, first))
		}
		t.labels[r.Label] = i
	}
	for i, r := range rules {
		switch do := r.Do.(type) {
		case *jump:
			if _, err := t.target(i, do.label.text); err != nil && do.label.fixed() {
				return nil, errorAt(r.At, "%v", err)
			}
		case *addressed:
			if name := do.unset(rules[:i]); name != "" {
				return nil, errorAt(r.At, "the address of %s: has ${%s}, which no earlier rule sets: a client's own variables cannot be an address", do.name, name)
			}
		}
	}
	return t, nil
}

// place says where a rule is.
func place(rules []Rule, i int) string {
	if at := rules[i].At.String(); at != "" {
		return at
	}
	return "rule " + strconv.Itoa(i)
}

// target finds the rule that a goto of rule from names: by its label, or by its number from 0.
func (t *Table) target(from int, label string) (int, error) {
	to, ok := t.labels[label]
	if n, err := strconv.Atoi(label); !ok && err == nil && n >= 0 && n < len(t.rules) {
		to, ok = n, true
	}
	switch {
	case !ok:
		return 0, fmt.Errorf("goto to nowhere: no rule has the label %q", protocol.Clip(label))
	case to <= from:
		return 0, fmt.Errorf("goto backwards: %q is at %s, and a goto leads to a later rule", label, place(t.rules, to))
	}
	return to, nil
}

// Serve implements [protocol.Handler].
func (t *Table) Serve(w protocol.ResponseWriter, r *protocol.Request) error {
	r.PathChecked = r.PathChecked || len(t.rules) > 0
	return t.serve(&Exchange{table: t, w: w, req: r})
}

func (t *Table) serve(x *Exchange) error {
	res, err := t.walk(x)
	switch {
	case err != nil:
		return err
	case x.begun:
		return nil
	case res == Break && x.status != 0:
		x.begin()
		return nil
	case res == Break:
		return http.ErrAbortHandler
	case t.next == nil:
		return &protocol.Error{Op: "route", Kind: protocol.ErrNotFound, Detail: "no rule ends the request, and there is nothing behind them"}
	}
	return x.Pass(t.next)
}

// Route implements [protocol.Router]: rules that ask for the path, the host and the like are tried
// by what net/http's server has read. The first rule that does something else decides that Serve is
// called.
func (t *Table) Route(hr *http.Request) (h protocol.Handler, mount string) {
	x := &Exchange{table: t, web: hr}
	switch res, err := t.walk(x); {
	case err != nil:
		return nil, ""
	case res == Break:
		return x.to, x.mount
	}
	return t.next, ""
}

// errNeedsRequest ends a walk by net/http's request that cannot go on without the variables.
var errNeedsRequest = errors.New("the rule needs the request's variables")

// walk has the rules tried, and returns the result of the one that ended it: Next if none did.
func (t *Table) walk(x *Exchange) (Result, error) {
	defer x.endCalls()
	for x.at = 0; x.at < len(t.rules); x.at++ {
		r := &t.rules[x.at]
		met, err := x.meets(r)
		if err != nil || !met {
			if x.tell(r, met, Next, err); err != nil {
				return Break, err
			}
			continue
		}
		x.jump = 0
		res, err := x.run(r)
		if x.tell(r, true, res, err); err != nil || res != Next {
			return res, err
		}
		if x.jump > 0 {
			x.at = x.jump - 1
		}
	}
	return Next, nil
}

// meets reports whether the request meets the condition of a rule.
func (x *Exchange) meets(r *Rule) (bool, error) {
	x.matched = match{}
	switch c := r.If.(type) {
	case nil:
		return true, nil
	case *matches:
		return c.Meets(x)
	default:
		if x.web != nil {
			return false, errNeedsRequest
		}
		return c.Meets(x)
	}
}

// run has a rule do what it does.
func (x *Exchange) run(r *Rule) (Result, error) {
	if r.Do == nil {
		return Next, nil
	}
	if x.web == nil {
		return r.Do.Do(x)
	}
	c, ok := r.Do.(chooser)
	if !ok {
		return Break, errNeedsRequest
	}
	return c.choose(x)
}
