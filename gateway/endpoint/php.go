package endpoint

import (
	"fmt"
	"path/filepath"
	"strings"

	"github.com/postern-gateway/postern/gateway/site"
)

// phpTable are the options of php: URLs. index, try and deny are lists with commas; index and deny
// may be there more than once.
var phpTable = []struct {
	name string
	set  func(p *site.PHP, value string) error
}{
	{"mount", func(p *site.PHP, v string) error { p.Mount = v; return CheckMount(v) }},
	{"follow-links", func(p *site.PHP, v string) error { p.FollowLinks = isTrue(v); return nil }},
	{"php-root", func(p *site.PHP, v string) error { p.BackendRoot = v; return nil }},
	{"index", func(p *site.PHP, v string) error { p.Index = append(p.Index, strings.Split(v, ",")...); return nil }},
	{"try", func(p *site.PHP, v string) (err error) { p.Try, err = site.ParseTry(v); return err }},
	{"deny", func(p *site.PHP, v string) error {
		deny, err := site.ParseDeny(v)
		p.Deny = append(p.Deny, deny...)
		return err
	}},
}

func phpOptions() []string {
	names := []string{"fpm"}
	for _, o := range phpTable {
		names = append(names, o.name)
	}
	return names
}

// newPHP makes the handler of a site of PHP scripts and other files.
func newPHP(e *Endpoint, o *ClientOptions) (*Handler, error) {
	root, err := filepath.Abs(e.Address)
	if err != nil {
		return nil, e.errorf("%w", err)
	}
	p := &site.PHP{Root: root}
	for _, given := range e.options {
		for _, known := range phpTable {
			if known.name != given.name {
				continue
			}
			if err := known.set(p, given.value); err != nil {
				return nil, e.errorf("bad %s: %w", given.name, err)
			}
		}
	}
	if err := p.Check(); err != nil {
		return nil, e.errorf("%w", err)
	}
	p.Files = &site.Files{Root: root, Mount: p.Mount, Index: []string{}, FollowLinks: p.FollowLinks}
	if e.fpm == nil {
		return nil, e.errorf("no fpm: say what runs the scripts, as in php:%s?fpm=fastcgi+unix:/run/php/php-fpm.sock", e.Address)
	}
	h, err := e.fpm.handler(e.fpm.String(), o)
	if err != nil {
		return nil, e.errorf("bad fpm: %w", err)
	}
	p.Scripts = h
	return &Handler{p, h.close}, nil
}

// NewPHPBackend is [NewHandler] for a URL of what can run PHP scripts, which must be told the file
// to run: by FastCGI, SCGI or uwsgi.
func NewPHPBackend(url string, o *ClientOptions) (*Handler, error) {
	e, err := parsePHPBackend(url)
	if err != nil {
		return nil, err
	}
	if o == nil {
		o = new(ClientOptions)
	}
	return e.handler(url, o)
}

func parsePHPBackend(url string) (*Endpoint, error) {
	e, err := Parse(url)
	if err != nil {
		return nil, err
	}
	switch e.Wire() {
	case "fastcgi", "scgi", "uwsgi":
		return e, nil
	}
	return nil, fmt.Errorf("%q: PHP is run by php-fpm: write fastcgi+unix:/run/php/php-fpm.sock or fastcgi://127.0.0.1:9000", url)
}

// plusInScheme puts back the plus of a URL such as fastcgi+unix:/run/x that is an option's value,
// where a plus is a space.
func plusInScheme(url string) string {
	scheme, rest, ok := strings.Cut(url, ":")
	if !ok {
		return url
	}
	return strings.Replace(scheme, " ", "+", 1) + ":" + rest
}
