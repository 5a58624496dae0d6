package route

import "github.com/postern-gateway/postern/protocol"

// A Step is what became of one rule of a [Table] in [Table.Explain].
type Step struct {
	Rule   *Rule
	Index  int    // of the rule, from 0
	Met    bool   // the request met its condition
	Did    string // what its action did; empty: its result says it all
	Result Result
	To     *Rule // where a goto led; nil: nowhere
	Err    error // why the table ended here
}

// Explain is Serve, and tells of each rule that had its turn, in order: those that a goto left out
// had none.
func (t *Table) Explain(w protocol.ResponseWriter, r *protocol.Request, tell func(Step)) error {
	return t.serve(&Exchange{table: t, w: w, req: r, steps: tell})
}

// tell tells of a rule that has had its turn.
func (x *Exchange) tell(r *Rule, met bool, res Result, err error) {
	if x.steps == nil {
		return
	}
	s := Step{Rule: r, Index: x.at, Met: met, Did: x.did, Result: res, Err: err}
	if x.jump > 0 && met {
		s.To = &x.table.rules[x.jump]
	}
	x.did = ""
	x.steps(s)
}
