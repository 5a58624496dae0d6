package main

import (
	"fmt"
	"io"
	"log/slog"
	"os"
	"strconv"

	"github.com/spf13/pflag"

	"github.com/postern-gateway/postern/gateway/endpoint"
	"github.com/postern-gateway/postern/gateway/route"
	"github.com/postern-gateway/postern/protocol"
	"github.com/postern-gateway/postern/uwsgi"
	"github.com/postern-gateway/postern/uwsgi/rpc"
)

// ruleTexts are the rules of a command line, in order: single ones, and files of them.
type ruleTexts []ruleText

type ruleText struct {
	text   string
	isFile bool
	read   string // what the file holds
}

func (t *ruleTexts) addFlags(f *pflag.FlagSet) {
	f.Var(ruleFlag{t, true}, "routes", "try the rules of this `FILE` before the backend, lines as uWSGI's: route = ^/foo rpc:hello (repeatable; in order with --route)")
	f.Var(ruleFlag{t, false}, "route", "try this `RULE` before the backend, as in '^/foo rpc:hello ${REQUEST_URI}' or 'route-host = ^a\\.test$ last:' (repeatable)")
}

// A ruleFlag is --route or --routes.
type ruleFlag struct {
	texts  *ruleTexts
	isFile bool
}

func (f ruleFlag) String() string { return "" }
func (f ruleFlag) Type() string   { return "string" }

func (f ruleFlag) Set(text string) error {
	*f.texts = append(*f.texts, ruleText{text: text, isFile: f.isFile})
	return nil
}

// read reads the files of rules. A signal ends the command meanwhile, as one of them may be a pipe
// or a terminal: it is called before signals are waited for.
func (t ruleTexts) read() error {
	for i := range t {
		if t[i].isFile {
			b, err := readRules(t[i].text)
			if err != nil {
				return err
			}
			t[i].read = string(b)
		}
	}
	return nil
}

// parse parses the rules, once their files have been read. The second --route and those after it
// are told by their number.
func (t ruleTexts) parse(env *route.Environment) (rules []route.Rule, err error) {
	flags := 0
	for _, r := range t {
		var more []route.Rule
		if r.isFile {
			more, err = env.Parse(r.text, r.read)
		} else {
			name := "--route"
			if flags++; flags > 1 {
				name += "[" + strconv.Itoa(flags) + "]"
			}
			more = make([]route.Rule, 1)
			more[0], err = env.ParseRule(name, r.text)
		}
		if err != nil {
			return nil, err
		}
		rules = append(rules, more...)
	}
	return rules, nil
}

// maxRules bounds a file of rules, in bytes.
const maxRules = 16 << 20

func readRules(file string) ([]byte, error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, maxRules+1))
	switch {
	case err != nil:
		return nil, err
	case len(b) > maxRules:
		return nil, fmt.Errorf("%s is too large for a file of rules: more than %d bytes", file, maxRules)
	}
	return b, nil
}

// table returns the handler that tries the rules before next, which may be nil, and what ends it.
func (cfg *serveConfig) table(log *slog.Logger, next protocol.Handler) (protocol.Handler, func(), error) {
	backends := &endpoint.Backends{Options: &endpoint.ClientOptions{Limits: &cfg.limits, Log: log}, Handler: cfg.proxy, Modified: cfg.modified}
	end := func() { backends.Close() }
	rules, err := cfg.rules.parse(cfg.environment(log, backends))
	if err != nil {
		return nil, end, err
	}
	t, err := route.New(next, rules...)
	if err != nil {
		return nil, end, err
	}
	t.Log = log
	return t, end, nil
}

// environment is what rules may name.
func (cfg *serveConfig) environment(log *slog.Logger, backends *endpoint.Backends) *route.Environment {
	var functions route.Caller
	if cfg.functions != nil {
		functions = rpc.Local(cfg.functions)
	}
	env := backends.Environment(functions)
	env.Version = readVersion().Version
	env.Ignored = func(at route.Position, option string) {
		log.Warn("an option that is no rule is ignored", "option", option, "at", at.String())
	}
	return env
}

// modified serves the requests that a rule makes calls of functions of: see [endpoint.Backends].
func (cfg *serveConfig) modified(modifier1, modifier2 uint8) protocol.Handler {
	if cfg.functions == nil || uwsgi.Modifier(modifier1) != uwsgi.ModifierRPC {
		return nil
	}
	switch modifier2 {
	case 2:
		return cfg.functions.Path()
	case 3:
		return cfg.functions.XMLRPC()
	case 4:
		return cfg.functions.JSONRPC()
	}
	return nil
}
