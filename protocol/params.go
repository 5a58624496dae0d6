package protocol

import "iter"

// A Param is one meta-variable (RFC 3875 section 4.1) or one protocol-specific variable.
type Param struct{ Name, Value string }

// Params are a request's variables in the order in which they came, duplicates kept. Of two of one
// name the last counts: fronts are configured so, `include fastcgi_params;` first and then what is
// to be otherwise. Names and values are arbitrary bytes: what a protocol can carry, a handler sees.
// The zero value is empty and ready to use.
type Params []Param

// Pairs returns the variables of names and values by turns. An odd number of them panics.
func Pairs(namesAndValues ...string) Params {
	if len(namesAndValues)%2 != 0 {
		panic("protocol.Pairs: a name without a value")
	}
	p := make(Params, 0, len(namesAndValues)/2)
	for i := 0; i < len(namesAndValues); i += 2 {
		p = append(p, Param{Name: namesAndValues[i], Value: namesAndValues[i+1]})
	}
	return p
}

// Get returns the value of the last variable of that name, or "".
func (p Params) Get(name string) string {
	v, _ := p.Lookup(name)
	return v
}

// Lookup returns the value of the last variable of that name, and whether there is one.
func (p Params) Lookup(name string) (value string, ok bool) {
	for i := len(p) - 1; i >= 0; i-- {
		if p[i].Name == name {
			return p[i].Value, true
		}
	}
	return "", false
}

// Values ranges over the values of every variable of that name, in order.
func (p Params) Values(name string) iter.Seq[string] {
	return func(yield func(string) bool) {
		for i := range p {
			if p[i].Name == name && !yield(p[i].Value) {
				return
			}
		}
	}
}

// All ranges over names and values, in order.
func (p Params) All() iter.Seq2[string, string] {
	return func(yield func(string, string) bool) {
		for i := range p {
			if !yield(p[i].Name, p[i].Value) {
				return
			}
		}
	}
}

// Add appends a variable.
func (p *Params) Add(name, value string) { *p = append(*p, Param{name, value}) }

// Set gives the last variable of that name the value and removes those before it; without one it
// appends.
func (p *Params) Set(name, value string) {
	last := -1
	for i := range *p {
		if (*p)[i].Name == name {
			last = i
		}
	}
	if last < 0 {
		p.Add(name, value)
		return
	}
	kept := (*p)[:0]
	for i, v := range *p {
		switch {
		case i == last:
			v.Value = value
		case v.Name == name:
			continue
		}
		kept = append(kept, v)
	}
	clear((*p)[len(kept):])
	*p = kept
}

// Del removes every variable of that name.
func (p *Params) Del(name string) {
	kept := (*p)[:0]
	for _, v := range *p {
		if v.Name != name {
			kept = append(kept, v)
		}
	}
	clear((*p)[len(kept):])
	*p = kept
}

// Clone returns a copy that shares the strings alone.
func (p Params) Clone() Params {
	if p == nil {
		return nil
	}
	return append(make(Params, 0, len(p)+4), p...)
}
