package route_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/postern-gateway/postern/protocol"
)

// conditionRows are a rule's option and condition each, and whether the request of get for
// "/a/b?q=1&r=" meets it.
var conditionRows = []struct {
	condition string
	met       bool
}{
	{"route = ^/a/b$", true},
	{"route = /b", true},
	{"route = ^/b", false},
	{"route = (?i)^/A", true},
	{"route-host = ^postern\\.test$", true},
	{"route-host = ^test$", false},
	{"route-uri = \\?q=1", true},
	{"route-uri = ^q", false},
	{"route-qs = ^q=1&r=$", true},
	{"route-qs = /a", false},
	{"route-remote-addr = ^192\\.0\\.2\\.", true},
	{"route-remote-addr = ^10\\.", false},
	{"route-user-agent = curl", true},
	{"route-user-agent = Mozilla", false},
	{"route-referer = .", false},
	{"route-referer = ^$", false},
	{"route-remote-user = .", false},
	{"route-qs = ^$", false},

	{"route-if = exists:{file}", true},
	{"route-if = exists:{dir}", true},
	{"route-if = exists:{dir}${PATH_INFO}", false},
	{"route-if-not = exists:{dir}${PATH_INFO}", true},
	{"route-if = isfile:{file}", true},
	{"route-if = isfile:{dir}", false},
	{"route-if = isdir:{dir}", true},
	{"route-if = isdir:{file}", false},
	{"route-if = islink:{link}", true},
	{"route-if = islink:{file}", false},
	{"route-if = isexec:{program}", true},
	{"route-if = isexec:{file}", false},
	{"route-if = empty:${REMOTE_USER}", true},
	{"route-if = empty:${QUERY_STRING}", false},
	{"route-if = equal:${REQUEST_METHOD};GET", true},
	{"route-if = isequal:${REQUEST_METHOD};POST", false},
	{"route-if = eq:${PATH_INFO};/a/b", true},
	{"route-if = ==:${PATH_INFO};${PATH_INFO}", true},
	{"route-if = equal:FOO;BAR", false},
	{"route-if = equal:;", true},
	{"route-if-not = equal:FOO;BAR", true},
	{"route-if = startswith:${PATH_INFO};/a", true},
	{"route-if = startswith:${PATH_INFO};/b", false},
	{"route-if = endswith:${PATH_INFO};/b", true},
	{"route-if = endswith:${PATH_INFO};/a", false},
	{"route-if = contains:${PATH_INFO};a/b", true},
	{"route-if = contain:${PATH_INFO};ab", false},
	{"route-if = regexp:${PATH_INFO};^/a/(.)$", true},
	{"route-if = re:${PATH_INFO};^/b", false},
	{"route-if-not = re:${PATH_INFO};^/b", true},
	{"route-if = re:FOO;^F", true},
	{"route-if = ishigher:10;9", true},
	{"route-if = >:9;9", false},
	{"route-if = ishigherequal:9;9", true},
	{"route-if = >=:8;9", false},
	{"route-if = islower:9;10", true},
	{"route-if = <:9;9", false},
	{"route-if = islowerequal:9;9", true},
	{"route-if = <=:-1;0", true},
	{"route-if = ishigher:x;9", false},
	{"route-if = islower:;9", true},
	{"route-if = islower:9223372036854775808;9", false},
	{"route-if = ipv4in:${REMOTE_ADDR};192.0.2.0/24", true},
	{"route-if = ipv4in:${REMOTE_ADDR};192.0.2.7", true},
	{"route-if = ipv4in:${REMOTE_ADDR};10.0.0.0/8", false},
	{"route-if = ipv4in:::ffff:192.0.2.7;192.0.2.0/24", true},
	{"route-if = ipv6in:2001:db8::1;2001:db8::/32", true},
	{"route-if = ipv6in:nonsense;2001:db8::/32", false},
	{"route-if = ipv6in:2001:db8::1;${REMOTE_ADDR}", false},
	{"route-if = ipv6in:2001:db8::1;${HTTP_HOST}", false},
}

func TestConditions(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	program := filepath.Join(dir, "program")
	if err := os.WriteFile(program, nil, 0o700); err != nil {
		t.Fatal(err)
	}
	link := filepath.Join(dir, "link")
	if err := os.Symlink(file, link); err != nil {
		t.Fatal(err)
	}
	names := strings.NewReplacer("{file}", file, "{dir}", dir, "{program}", program, "{link}", link)
	for _, row := range conditionRows {
		row.condition = names.Replace(row.condition)
		table := tableOf(t, env, row.condition+" send:met", next())
		want := "next"
		if row.met {
			want = "met"
		}
		if a := get(t, table, "/a/b?q=1&r="); a.body != want || a.err != nil {
			t.Errorf("%s: %+v, want %q", row.condition, a, want)
		}
	}
	table := tableOf(t, env, "route-run = send:met", next())
	if a := get(t, table, "/"); a.body != "met" {
		t.Errorf("route-run: %+v", a)
	}
}

// The path is whole where a front sends no PATH_INFO, and where it sends it in SCRIPT_NAME.
func TestPathOfFronts(t *testing.T) {
	table := tableOf(t, env, "route = ^/app/(.*)$ rpc:echo $1 ${PATH_INFO}", nil)
	for name, params := range map[string]protocol.Params{
		"uwsgi and HTTP":        protocol.Pairs("PATH_INFO", "/app/x", "SCRIPT_NAME", ""),
		"nginx over FastCGI":    protocol.Pairs("SCRIPT_NAME", "/app/x"),
		"Caddy over FastCGI":    protocol.Pairs("SCRIPT_NAME", "/app/x", "PATH_INFO", ""),
		"nginx over SCGI":       protocol.Pairs("DOCUMENT_URI", "/app/x", "REQUEST_URI", "/app/x?y"),
		"the target alone":      protocol.Pairs("REQUEST_URI", "/app/%78?y"),
		"a path below a script": protocol.Pairs("PATH_INFO", "/app/x", "SCRIPT_NAME", "/script"),
	} {
		var pairs []string
		for _, v := range params {
			pairs = append(pairs, v.Name, v.Value)
		}
		r := &protocol.Request{Params: protocol.Pairs(append(pairs, "REQUEST_METHOD", "GET")...)}
		if a := serve(table, r); a.body != "x|/app/x" || a.err != nil {
			t.Errorf("%s: %+v", name, a)
		}
	}
}
