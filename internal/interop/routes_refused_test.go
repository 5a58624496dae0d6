package interop

import (
	"strings"
	"sync"
	"testing"
	"time"
)

// refusedRoutes are rules that uWSGI does not start with, and what it says, and what Postern says.
// The third is in uWSGI's documentation.
var refusedRoutes = []struct{ rule, says, ours string }{
	{`route = ^/a`, "invalid route syntax", `r.ini:1:9: route has no action`},
	{`route = ^/a rpc`, "invalid route syntax", `r.ini:1:13: "rpc" is no action`},
	{`route-run = break`, "invalid route syntax", `r.ini:1:13: "break" is no action`},
	{`route-run = nobody:a`, `unable to register route "nobody:a"`, `r.ini:1:13: unknown action "nobody"`},
	{`route-if = equal a`, "invalid route condition syntax", `r.ini:1:12: "equal" is no condition`},
	{`route-if = nobody:a;b rpc:hello`, `unable to find "nobody" route condition`, `r.ini:1:12: unknown condition "nobody"`},
	{`route = ^/(a rpc:hello`, "pcre error", `r.ini:1:9: bad regular expression`},
	{`route-run = rpc:`, "you need to specify an rpc function", `r.ini:1:17: no function is named`},
	{`route-run = rpc:count` + strings.Repeat(" a", 257), "maximum number of rpc args reached", `257 arguments: at most 254`},
	{`route-run = rpcvar:X`, `unable to register route "rpcvar:X"`, `r.ini:1:20: rpcvar has no function`},
	{`route-run = addvar:X`, "invalid addvar syntax", `r.ini:1:20: "X" is no assignment`},
	{`route-run = logvar:X`, "invalid logvar syntax", `r.ini:1:20: "X" is no assignment`},
	{`route-run = uwsgi:a`, "", `no port in "a"`},
}

// TestRefusedRoutes has uWSGI, and Postern, start with rules that they refuse.
func TestRefusedRoutes(t *testing.T) {
	needPeers(t)
	t.Parallel()
	var all sync.WaitGroup
	for _, row := range refusedRoutes {
		all.Go(func() {
			if _, err := routeEnvironment(t).Parse("r.ini", row.rule); err == nil || !strings.Contains(err.Error(), row.ours) {
				t.Errorf("%s: Postern says %v, want %q", row.rule, err, row.ours)
			}
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
