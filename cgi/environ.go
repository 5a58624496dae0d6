package cgi

import (
	"net/http"
	"strconv"
	"strings"

	"github.com/postern-gateway/postern/protocol"
)

// stringMax is what Linux passes on in one string of an environment, its NUL included
// (MAX_ARG_STRLEN).
const stringMax = 128 << 10

// An environ is an environment that is being built, each name once.
type environ struct {
	vars  protocol.Params
	index map[string]int // positions in vars by name; nil below indexFrom variables
}

// indexFrom is the number of variables from which on an index costs less than a search.
const indexFrom = 64

func (e *environ) find(name string) int {
	if e.index != nil {
		if i, ok := e.index[name]; ok {
			return i
		}
		return -1
	}
	for i := range e.vars {
		if e.vars[i].Name == name {
			return i
		}
	}
	return -1
}

func (e *environ) has(name string) bool { return e.find(name) >= 0 }

func (e *environ) add(name, value string) {
	if !e.has(name) {
		e.append(name, value)
	}
}

func (e *environ) append(name, value string) {
	e.vars = append(e.vars, protocol.Param{Name: name, Value: value})
	switch {
	case e.index != nil:
		e.index[name] = len(e.vars) - 1
	case len(e.vars) == indexFrom:
		e.index = make(map[string]int, 2*indexFrom)
		for i := range e.vars {
			e.index[e.vars[i].Name] = i
		}
	}
}

func (e *environ) get(name string) string {
	if i := e.find(name); i >= 0 {
		return e.vars[i].Value
	}
	return ""
}

func (e *environ) set(name, value string) {
	if i := e.find(name); i >= 0 {
		e.vars[i].Value = value
		return
	}
	e.append(name, value)
}

// encode returns the variables as "name=value", in one allocation for all. A variable that an
// environment cannot hold is an error.
func (e *environ) encode() ([]string, error) {
	n := 0
	for _, v := range e.vars {
		n += len(v.Name) + len(v.Value) + 1
	}
	var all strings.Builder
	all.Grow(n)
	env := make([]string, len(e.vars))
	for i, v := range e.vars {
		if err := checkVariable(v); err != nil {
			return nil, err
		}
		from := all.Len()
		all.WriteString(v.Name)
		all.WriteByte('=')
		all.WriteString(v.Value)
		env[i] = all.String()[from:]
	}
	return env, nil
}

// checkVariable returns an error if an environment cannot hold v.
func checkVariable(v protocol.Param) error {
	switch {
	case v.Name == "" || strings.IndexByte(v.Name, '=') >= 0 || strings.IndexByte(v.Name, 0) >= 0:
		return refused(http.StatusBadRequest, "a variable's name: "+strconv.Quote(protocol.Clip(v.Name)))
	case strings.IndexByte(v.Value, 0) >= 0:
		return refused(http.StatusBadRequest, "NUL in "+protocol.Clip(v.Name))
	case len(v.Name)+len(v.Value)+2 > stringMax:
		return &protocol.Error{Protocol: name, Op: "build environment", Kind: protocol.ErrTooLarge, Status: http.StatusRequestHeaderFieldsTooLarge,
			Detail: protocol.Clip(v.Name) + ": " + protocol.Exceeds(int64(len(v.Name)+len(v.Value)+2), stringMax, "bytes")}
	}
	return nil
}
