package route

import (
	"net/http"

	"golang.org/x/net/http/httpguts"

	"github.com/postern-gateway/postern/protocol"
)

// assignment reads NAME=VALUE.
func assignment(of func(name string, value template) Action) actionParser {
	return func(p *ruleParser, args span, _ Position) (Action, error) {
		name, value, ok := args.cut("=")
		if !ok || name.text == "" {
			return nil, args.errorf("%q is no assignment: write NAME=VALUE", args.word())
		}
		t, err := p.template(value)
		return of(name.text, t), err
	}
}

// headerAction reads NAME: VALUE, or NAME alone.
func headerAction(kind editKind) actionParser {
	return func(p *ruleParser, args span, _ Position) (Action, error) {
		name, value, ok := args.cut(":")
		if kind == delField {
			name, value, ok = args.trim(), span{at: args.at}, true
		}
		canonical := http.CanonicalHeaderKey(name.text)
		switch {
		case !ok:
			return nil, args.errorf("%q is no header field: write NAME: VALUE", args.word())
		case !httpguts.ValidHeaderFieldName(name.text):
			return nil, name.errorf("%q cannot be the name of a header field", protocol.Clip(name.text))
		case canonical == "Content-Length", protocol.WithheldField(canonical, protocol.ToClient):
			return nil, name.errorf("%s is the server's to set", canonical)
		}
		t, err := p.template(value.trim())
		return &editHeader{kind, canonical, t}, err
	}
}

func sendAction(end string) actionParser {
	return func(p *ruleParser, args span, _ Position) (Action, error) {
		t, err := p.template(args)
		return &send{t, end}, err
	}
}
