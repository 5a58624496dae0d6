package explore

import (
	"bytes"
	"fmt"

	"github.com/postern-gateway/postern/protocol"
)

// differences says what of the request b is otherwise than in a, of which than tells: "and was".
func differences(a, b *protocol.Request, than string) (list []string) {
	seen := make(map[string]bool)
	for _, name := range names(a.Params, b.Params) {
		if seen[name] {
			continue
		}
		seen[name] = true
		was, had := a.Params.Lookup(name)
		is, has := b.Params.Lookup(name)
		switch {
		case had && !has:
			list = append(list, fmt.Sprintf("%s is not there, %s %q", name, than, was))
		case has && !had:
			list = append(list, fmt.Sprintf("%s is %q, %s not there", protocol.Clip(name), is, than))
		case was != is:
			list = append(list, fmt.Sprintf("%s is %q, %s %q", name, is, than, was))
		}
	}
	was, _ := appendAll(nil, a.Body)
	is, _ := appendAll(nil, b.Body)
	if !bytes.Equal(was, is) {
		list = append(list, fmt.Sprintf("the body is %q, %s %q", is, than, was))
	}
	return list
}

func names(lists ...protocol.Params) (all []string) {
	for _, p := range lists {
		for _, v := range p {
			all = append(all, v.Name)
		}
	}
	return all
}
