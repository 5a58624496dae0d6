package route_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/postern-gateway/postern/gateway/route"
)

// badRules are rules that cannot be used, with where and what is wrong. The place is that of the
// sign ^ in the line below each.
var badRules = []struct{ rule, place, want string }{
	{"route",
		"^", `"route" is no rule: write OPTION = CONDITION ACTION, as in route = ^/foo rpc:hello`},
	{"[postern]",
		"^", `a section [postern] is not read: rules are in [uwsgi], or in none`},
	{"rout = ^/foo last:",
		"^", `"rout" is no option of a rule: known are route, route-host`},
	{"route =",
		"       ^", `route has no value`},
	{"route = ^/foo",
		"        ^", `route has no action: write a condition, a space and an action, as in route = ^/foo rpc:hello`},
	{"route-if = equal:a;b",
		"           ^", `route-if has no action: write a condition, a space and an action, as in route-if = equal:`},
	{"route = ^/foo last",
		"              ^", `"last" is no action: write NAME:ARGUMENTS, with the colon also where there are none, as in last:`},
	{"route = ^/foo lost:",
		"              ^", `unknown action "lost": known are addheader, addvar`},
	{"route-run = redirekt:/x",
		"            ^", `uri, setuser, static, status; did you mean redirect?`},
	{"route-run = set-header:A: b",
		"            ^", `; did you mean setheader?`},
	{"route-hots = ^a$ last:",
		"^", `route-run, route-label; did you mean route-host?`},
	{"route-if = equals:a;b last:",
		"           ^", `; did you mean equal?`},
	{"route = ^/foo last:x",
		"                   ^", `continue has no arguments`},
	{"route-run = next:x",
		"                 ^", `next has no arguments`},
	{"route = ^/foo( last:",
		"        ^", "bad regular expression \"^/foo(\": missing closing ): \"^/foo(\""},
	{"route = ^/a(?!b) last:",
		"           ^", `bad regular expression "^/a(?!b)": invalid or unsupported Perl syntax: "(?!", which looks around: Go's regular expressions (RE2) have none`},
	{"route = a(?<=b) last:",
		"         ^", `which looks around`},
	{`route = (a)\1 last:`,
		"           ^", `a reference back`},
	{"route = (?>a) last:",
		"        ^", `which keeps what it has matched`},
	{"route = ab++ last:",
		"          ^", `which keeps what it has matched`},
	{"route = a{2000} last:",
		"         ^", `invalid repeat count`},
	{"route-if = regexp:a;( last:",
		"                    ^", `bad regular expression`},
	{"route-if = regexp:a last:",
		"                  ^", `regexp has no regular expression: write regexp:TEXT;REGEXP`},
	{"route-if = equal:a last:",
		"                 ^", `equal has nothing to compare with: write equal:TEXT;PATTERN`},
	{"route-if = equals:a;b last:",
		"           ^", `unknown condition "equals": known are regexp, exists, isfile`},
	{"route-if = equal last:",
		"           ^", `"equal" is no condition: write NAME:TEXT or NAME:TEXT;PATTERN`},
	{"route-if = ipv4in:${REMOTE_ADDR};10.0.0.0/33 last:",
		"                                 ^", `"10.0.0.0/33" is no network`},
	{"route = ^/(.) send:$1$2",
		"                     ^", `$2: the rule's regular expression has 1 groups`},
	{"route-run = send:a$1",
		"                  ^", `$1: the rule has no regular expression that matches, and so no groups`},
	{"route-if = equal:a;$1 last:",
		"                   ^", `$1: the rule has no regular expression that matches, and so no groups`},
	{"route-if-not = regexp:a;(b) send:$1",
		"                                 ^", `$1: the rule has no regular expression that matches, and so no groups`},
	{"route = ^/(.) send:${}",
		"                     ^", `a variable's name is missing`},
	{"route = ^/(.) send:a${nobody[x]}",
		"                      ^", `unknown function "nobody": known are cookie, qs`},
	{"route = ^/(.) send:a${cookie[x}",
		"                      ^", `has a bracket that is not closed`},
	{"route = ^/(.) send:${time[now]}",
		"                     ^", `time[now]: known are unix, micros`},
	{"route = ^/(.) send:${httptime[now]}",
		"                     ^", `httptime[now]: seconds from now are meant`},
	{"route-run = rpc:",
		"                ^", `no function is named: write FUNCTION ARGUMENT... or FUNCTION@HOST:PORT ARGUMENT...`},
	{"route-run = rpcvar:X",
		"                   ^", `rpcvar has no function`},
	{"route-run = rpcvar:X ",
		"                   ^", `rpcvar has no function`},
	{"route-run = rpc:f@",
		"                  ^", `no node is named: write f@HOST:PORT`},
	{"route-run = rpc:f@nonsense a",
		"                  ^", `no port in it`},
	{"route-run = rpc:@127.0.0.1:3031",
		"                ^", `"" cannot be a function's name`},
	{"route-run = rpc:" + strings.Repeat("f", 256),
		"                ^", `cannot be a function's name`},
	{"route-run = rpc:f" + strings.Repeat(" a", 255),
		strings.Repeat(" ", 526) + "^", `255 arguments: at most 254`},
	{"route = ^/(.) rpc:$1 a",
		"                  ^", `the function is the same for every request`},
	{"route-run = rpc:f@${HTTP_HOST} a",
		"                ^", `the function is the same for every request`},
	{"route-run = rpc:f a ${b[c]}",
		"                      ^", `unknown function "b"`},
	{"route-run = break:4",
		"                  ^", `"4" is no status: write one from 200 to 599, as in 403 Forbidden`},
	{"route-run = break:100 Continue",
		"                  ^", `is no status`},
	{"response-route-run = addheader:X: y",
		"^", `response-route-run: rules are for requests alone here; addheader, setheader and delheader of a request's rule change`},
	{"error-route-status = ^404$ last:",
		"^", `error-route-status: rules are for requests alone here`},
	{"final-route = ^/ log:x",
		"^", `final-route: rules are for requests alone here`},
	{"route-run = clearheaders:20",
		"                         ^", `"20" is no status`},
	{"route-run = fixpathinfo:/a",
		"                        ^", `fixpathinfo has no arguments`},
	{"route-run = basicauth:My Realm",
		"                      ^", `basicauth has no users: write REALM,USER:PASSWORD or REALM,FILE`},
	{"route-run = basicauth:My Realm,",
		"                      ^", `basicauth has no users`},
	{"route-run = basicauth:My \"Realm,a:b",
		"                      ^", `"My \"Realm" cannot be a realm`},
	{"route-run = basicauth-next:R,/nobody/htpasswd",
		"                             ^", `/nobody/htpasswd`},
	{"route-run = status:",
		"                   ^", `"" is no status`},
	{"route-run = goto:",
		"                 ^", `goto has no label: write goto:LABEL`},
	{"route-run = addvar:A",
		"                   ^", `"A" is no assignment: write NAME=VALUE`},
	{"route-run = logvar:=A",
		"                   ^", `"=A" is no assignment: write NAME=VALUE`},
	{"route-run = addheader:X",
		"                      ^", `"X" is no header field: write NAME: VALUE`},
	{"route-run = addheader:X Y: z",
		"                      ^", `"X Y" cannot be the name of a header field`},
	{"route-run = addheader:content-length: 5",
		"                      ^", `Content-Length is the server's to set`},
	{"route-run = setheader:Connection: close",
		"                      ^", `Connection is the server's to set`},
	{"route-run = delheader:",
		"                      ^", `"" cannot be the name of a header field`},
	{"route-run = redirect:",
		"                     ^", `redirect has no target: write redirect:URL`},
	{"route-run = rewrite:?a",
		"                    ^", `rewrite has no path: write rewrite:/PATH or rewrite:/PATH?QUERY`},
	{"route = ^/(.*) static:$1",
		"                      ^", `static needs a directory that no request can choose`},
	{"route-run = static:logo.png",
		"                   ^", `static needs a directory that no request can choose`},
	{"route-run = cache:key=a",
		"            ^", `unknown action "cache"`},
	{"route = ^%(prefix)/admin break:403 Forbidden",
		"         ^", `a placeholder of uWSGI's configuration, which stands for nothing here`},
	{"route-run = rpc:hello@/run/$(NODE).sock",
		"                           ^", `a placeholder of uWSGI's configuration`},
	{"route = \xff last:",
		"^", `the line is no UTF-8`},
}

func TestErrors(t *testing.T) {
	env := &route.Environment{Local: local, Node: func(a string) (route.Caller, error) {
		if a == "nonsense" {
			return nil, errors.New("no port in it")
		}
		return local, nil
	}}
	for _, row := range badRules {
		_, err := env.Parse("f", "; a line\r\n\t "+row.rule)
		bad, ok := errors.AsType[*route.Error](err)
		if !ok {
			t.Errorf("%s: %v", row.rule, err)
			continue
		}
		want := route.Position{File: "f", Line: 2, Column: 3 + strings.Index(row.place, "^")}
		if bad.At != want || !strings.Contains(bad.Message, row.want) {
			t.Errorf("%s\n%s\n%v\nwant %v: %s", row.rule, row.place, err, want, row.want)
		}
	}
}

func TestErrorsOfTables(t *testing.T) {
	for rules, want := range map[string]string{
		"route-run = goto:a":                                           `f:1:1: goto to nowhere: no rule has the label "a"`,
		"route-label = a\nroute-run = goto:a":                          `f:2:1: goto backwards: "a" is at f:1:1, and a goto leads to a later rule`,
		"route-label = a\nroute-run = last:\nroute-label = a":          `f:3:1: the label "a" is there twice: first at f:1:1`,
		"route-run = goto:0":                                           `f:1:1: goto backwards: "0" is at f:1:1`,
		"route-run = goto:7":                                           `f:1:1: goto to nowhere`,
		"route-run = goto:-1":                                          `f:1:1: goto to nowhere`,
		"route = ^/(.*) goto:$1":                                       "",
		"route-run = goto:a\nroute-label = b\nroute-label = a":         "",
		"route-run = goto:1\nroute-label = 1x\nroute-run = last:":      "",
		"route-run = goto:1\nroute-label = b\nroute-label = 1":         "",
		"\ufeffroute-run = last:\r\n\r\n[uwsgi]\r\n# a\n; b\n\t\n":     "",
		"route-run=last:":                                              "",
		"  route-host   =   ^a$    last:  ":                            "",
		"route = ^/a=b send:c=d":                                       "",
		"route = ^/foo addheader:Content-Type: text/html":              "",
		"route = ^/bar/(.+)$ rpc:test $1 ${REMOTE_ADDR} uWSGI %V":      "",
		"route = ^/p/(.+)$ rpc:test@127.0.0.1:4141 $1 uWSGI %V":        "",
		"route-host = ^localhost$ logvar:local=1":                      "",
		"route-user-agent = .*curl.* redirect:http://uwsgi.it":         "",
		"route-if = equal:${PATH_INFO};/bad break:500 Internal Server": "",
		"route = ^/images/ addheader:Content-Type: ${mime[MYFILE]}":    "",
	} {
		list, err := env.Parse("f", rules)
		if err == nil {
			_, err = route.New(nil, list...)
		}
		if want == "" && err != nil || want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
			t.Errorf("%q: %v, want %q", rules, err, want)
		}
	}
	if _, err := route.New(nil, route.Rule{Do: route.Goto("a")}); err == nil || !strings.Contains(err.Error(), "nowhere") {
		t.Error(err)
	}
	if _, err := route.New(nil, route.Rule{Label: "a"}, route.Rule{Do: route.Goto("a")}); err == nil || !strings.Contains(err.Error(), `"a" is at rule 0`) {
		t.Error(err)
	}
}

// Without functions, nodes or further actions, a rule that names one is an error.
func TestNothingToName(t *testing.T) {
	for rule, want := range map[string]string{
		"rpc:f":             "there are no functions in this process: write f@HOST:PORT for another's",
		"rpc:f@127.0.0.1:1": "functions of other processes cannot be called here",
		"fastcgi::9000":     `unknown action "fastcgi"`,
	} {
		if _, err := new(route.Environment).ParseRule("--route", "route-run = "+rule); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %s", rule, err, want)
		}
	}
}

// Options of uWSGI that are no rules can be left out, those that look like one cannot.
func TestIgnored(t *testing.T) {
	var told []string
	env := &route.Environment{Ignored: func(at route.Position, option string) { told = append(told, at.String()+" "+option) }}
	list, err := env.Parse("f", "[uwsgi]\nhttp-socket = :9090\nroute-run = last:\nmaster = true\nvacuum")
	if err != nil || len(list) != 1 || strings.Join(told, ", ") != "f:2:1 http-socket, f:4:1 master, f:5:1 vacuum" {
		t.Errorf("%v, %v, %v", list, told, err)
	}
	for _, line := range []string{"route", "a b", "break:", "Vacuum"} {
		if _, err := env.Parse("f", line); err == nil {
			t.Errorf("%s was left out", line)
		}
	}
	for _, option := range []string{"routes", "rout", "final-route", "response-route-if"} {
		if _, err := env.Parse("f", option+" = ^/a last:"); err == nil {
			t.Errorf("%s was left out", option)
		}
	}
	// what only looks like a placeholder
	if _, err := env.Parse("f", "route-uri = ^/a%(?:20|2B)b(%c)$ send:100%, $(document) 5%(5)"); err != nil {
		t.Error(err)
	}
}

// What uWSGI's configuration decides is not decided here: a rule that depends on it would be for
// every request. The first text is of uWSGI's documentation.
func TestLogic(t *testing.T) {
	env := &route.Environment{Ignored: func(route.Position, string) {}}
	for text, want := range map[string]string{
		"[uwsgi]\nhttp = :9090\nif-exists = /tmp/maintainance.txt\nroute = .* redirect:/offline\nendif =": "f:4:1: the rule depends on if-exists in line 3",
		"if-not-env = A\nmaster = 1\nroute-label = a":                                                     "f:3:1: the rule depends on if-not-env in line 1",
		"ifdir = /a\nroute-run = last:":                                                                   "f:2:1: the rule depends on ifdir in line 1",
		"for = a b\n\nroute-run = last:":                                                                  "f:3:1: the rule depends on for in line 1",
		"for-glob = *\nroute-run = last:":                                                                 "f:2:1: the rule depends on for-glob in line 1",
		"if-env = A\nvirtualenv = b\nendif =\nroute-run = last:\nfor = 1 2\nsocket = :%(_)\nend-for\nroute-run = last:": "",
		"iface = a\nfork-server = b\nformat = c\nroute-run = last:":                                                     "",
	} {
		if _, err := env.Parse("f", text); want == "" && err != nil || want != "" && (err == nil || !strings.HasPrefix(err.Error(), want)) {
			t.Errorf("%q: %v, want %q", text, err, want)
		}
	}
}

// One rule of a command line.
func TestParseRule(t *testing.T) {
	for text, want := range map[string]string{
		"^/foo rpc:hello a=b":           "route = ^/foo rpc:hello a=b",
		"^/a=b send:c":                  "route = ^/a=b send:c",
		"route-host = ^a$ last:":        "route-host = ^a$ last:",
		" route-run=last: ":             "route-run = last:",
		"route-label = a":               "route-label = a",
		"route = ^/foo last:":           "route = ^/foo last:",
		"^/foo":                         "--route:1:1: route has no action",
		"":                              "--route:1:1: route has no value",
		"^/foo last:\n^/bar last:":      "--route:1:1: a rule is one line",
		"routes = ^/foo last:":          "--route:1:1: \"routes\" is no option of a rule",
		"route-if = eqal:a;b send:$1":   "--route:1:12: unknown condition \"eqal\"",
		"^/foo send:" + "${nobody[x]} ": "--route:1:14: unknown function",
	} {
		r, err := env.ParseRule("--route", text)
		if err != nil {
			r.Text = err.Error()
		}
		if !strings.HasPrefix(r.Text, want) {
			t.Errorf("%q: %q, %v; want %q", text, r.Text, err, want)
		}
	}
}
