package interop

import (
	"strings"
	"sync"
	"testing"
	"time"
)

// refusedRoutes are rules that uWSGI does not start with, and what it says.
var refusedRoutes = []struct{ rule, says string }{
	{`route = ^/a`, "invalid route syntax"},
	{`route = ^/a rpc`, "invalid route syntax"},
	{`route-run = break`, "invalid route syntax"}, // which its documentation has
	{`route-run = nobody:a`, `unable to register route "nobody:a"`},
	{`route-if = equal a`, "invalid route condition syntax"},
	{`route-if = nobody:a;b rpc:hello`, `unable to find "nobody" route condition`},
	{`route = ^/(a rpc:hello`, "pcre error"},
	{`route-run = rpc:`, "you need to specify an rpc function"},
	{`route-run = rpc:count` + strings.Repeat(" a", 257), "maximum number of rpc args reached"},
	{`route-run = rpcvar:X`, `unable to register route "rpcvar:X"`},
	{`route-run = addvar:X`, "invalid addvar syntax"},
	{`route-run = logvar:X`, "invalid logvar syntax"},
	{`route-run = uwsgi:a`, ""},
}

// TestRefusedRoutes has uWSGI start with rules that it refuses.
func TestRefusedRoutes(t *testing.T) {
	needPeers(t)
	t.Parallel()
	var all sync.WaitGroup
	for _, row := range refusedRoutes {
		all.Go(func() {
			option, value, _ := strings.Cut(row.rule, " = ")
			args := []string{"uwsgi-core", "--no-default-app", "--uwsgi-socket", t.TempDir() + "/s"}
			for _, name := range routePlugins {
				args = append(args, "--plugin", name)
			}
			p, err := startProcess(t.TempDir()+"/log", nil, append(args, "--"+option, value)...)
			if err != nil {
				t.Error(err)
				return
			}
			p.stopAtEnd(t)
			select {
			case <-p.done:
			case <-time.After(patience):
				t.Errorf("%s: uWSGI has started", row.rule)
				return
			}
			if p.err == nil || !strings.Contains(p.said(), row.says) {
				t.Errorf("%s: want %q: %v; its log:\n%s", row.rule, row.says, p.err, p.said())
			}
		})
	}
	all.Wait()
}
