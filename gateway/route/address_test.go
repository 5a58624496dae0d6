package route_test

import (
	"errors"
	"net/http"
	"strconv"
	"strings"
	"testing"

	"github.com/postern-gateway/postern/gateway/route"
	"github.com/postern-gateway/postern/protocol"
)

// An address can have variables in it that rules set. Those of a client cannot be one, and no rule
// comes to any number of them.
func TestAddresses(t *testing.T) {
	var made []string
	env := &route.Environment{Local: local, Action: func(name, args string) (route.Action, error) {
		switch {
		case name != "to":
			return nil, nil
		case args == "" || args == "bad":
			return nil, errors.New("no address")
		}
		made = append(made, args)
		return route.ActionFunc(func(x *route.Exchange) (route.Result, error) {
			_, err := x.WriteString("to " + args)
			return route.Break, err
		}), nil
	}}
	table := tableOf(t, env, "route = ^/(.*) rpcvar:NODE echo $1\nroute-run = to:${NODE}:80", nil)
	for range 2 {
		check(t, table, "an address of a function", 200, "to :80")
	}
	if a := get(t, table, "/b"); a.body != "to b:80" || strings.Join(made, " ") != ":80 b:80" {
		t.Errorf("%+v, %q", a, made)
	}
	for i := range 254 {
		get(t, table, "/"+strconv.Itoa(i))
	}
	if a := get(t, table, "/more"); protocol.Status(a.err) != http.StatusServiceUnavailable || len(made) != 256 {
		t.Errorf("%+v after %d", a, len(made))
	}
	check(t, tableOf(t, env, "route-run = addvar:NODE=bad\nroute-run = to:${NODE}", nil), "what is no address", 502, "")
	// The rule that sets the variable was not met.
	skipped := tableOf(t, env, "route = ^/x addvar:NODE=a\nroute-run = to:${NODE}", nil)
	if a := get(t, skipped, "/", "NODE", "evil"); protocol.Status(a.err) != 500 || !strings.Contains(a.err.Error(), "which no rule has set") {
		t.Errorf("%+v", a)
	}
	for rules, want := range map[string]string{
		"route-run = to:${HTTP_HOST}":                            "f:1:1: the address of to: has ${HTTP_HOST}, which no earlier rule sets",
		"route-run = to:${A}\nroute-run = addvar:A=b":            "f:1:1: the address of to: has ${A}",
		"route = ^/(.*) to:$1":                                   "f:1:19: an address can have variables in it that rules set",
		"route-run = addvar:A=b\nroute-run = to:${upper[A]}":     "f:2:16: an address can have variables",
		"route-run = addvar:A=b\nroute-run = nobody:${A}":        `unknown action "nobody"`,
		"route-run = setuser:b\nroute-run = to:${REMOTE_USER}:1": "",
	} {
		list, err := env.Parse("f", rules)
		if err == nil {
			_, err = route.New(nil, list...)
		}
		if want == "" && err != nil || want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
			t.Errorf("%q: %v, want %s", rules, err, want)
		}
	}
	// An action in Go may have set it.
	rule, err := env.ParseRule("f", "route-run = to:${A}")
	if err != nil {
		t.Fatal(err)
	}
	sets := route.ActionFunc(func(x *route.Exchange) (route.Result, error) { x.Set("A", "go"); return route.Next, nil })
	table, err = route.New(nil, route.Rule{Do: sets}, rule)
	if err != nil {
		t.Fatal(err)
	}
	check(t, table, "set by Go", 200, "to go")
}
