package route

import (
	"path"
	"strings"
)

func rewriteAction(result Result) actionParser {
	return func(p *ruleParser, args span, _ Position) (Action, error) {
		path, query, ok := args.cut("?")
		r := &rewrite{hasQuery: ok, result: result}
		if path.text == "" {
			return nil, args.errorf("rewrite has no path: write rewrite:/PATH or rewrite:/PATH?QUERY")
		}
		var err error
		if r.path, err = p.template(path); err == nil {
			r.query, err = p.template(query)
		}
		return r, err
	}
}

func redirectAction(status int) actionParser {
	return func(p *ruleParser, args span, _ Position) (Action, error) {
		if args.text == "" {
			return nil, args.errorf("redirect has no target: write redirect:URL")
		}
		t, err := p.template(args)
		return &redirect{status, t}, err
	}
}

// staticAction reads the name of a file. The directory that is written out is what it is below.
func (p *ruleParser) staticAction(args span, _ Position) (Action, error) {
	const documentRoot = "${DOCUMENT_ROOT}/"
	if strings.HasPrefix(args.text, documentRoot) {
		t, err := p.template(args.from(len(documentRoot)))
		return &static{"", t}, err
	}
	fixed := args.text
	if i := strings.IndexByte(fixed, '$'); i >= 0 {
		fixed = fixed[:i]
	}
	slash := strings.LastIndexByte(fixed, '/')
	if slash < 0 || !path.IsAbs(fixed) {
		return nil, args.errorf("static needs a directory that no request can choose: write static:/DIRECTORY/$1 or static:%s$1", documentRoot)
	}
	t, err := p.template(args.from(slash + 1))
	return &static{args.text[:slash+1], t}, err
}
