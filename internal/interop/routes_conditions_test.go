package interop

import "cmp"

// meets has rules whose first must match the request, and misses one whose first must not.
func meets(text, condition, path string, vars ...string) routeRow {
	return routeRow{text: "if: " + text, rules: condition + " rpc:echo met", path: path, vars: vars, want: called("met")}
}

func misses(text, condition, path string, vars ...string) routeRow {
	path = cmp.Or(path, "/a")
	return routeRow{text: "if: " + text, rules: condition + " rpc:echo met", path: path, vars: vars, want: app(path)}
}

// routeConditions are what rules can ask of a request.
var routeConditions = []routeRow{
	meets("a path", `route = ^/a/b$`, "/a/b?c"),
	misses("another path", `route = ^/a$`, "/ab"),
	meets("a regular expression is searched for", `route = b`, "/abc"),
	misses("upper case is another", `route = ^/A`, "/a"),
	meets("upper case is the same, where it is told so", `route = (?i)^/A`, "/a"),
	meets("what only PCRE knows", `route = ^/(?!b).$`, "/a").refusedFor(`which looks around`),
	meets("the host", `route-host = ^www\.example\.com$`, "", "HTTP_HOST", "www.example.com"),
	misses("another host", `route-host = ^www\.example\.com$`, ""),
	meets("the URI", `route-uri = ^/a.20b\?c=d$`, "/a%20b?c=d"),
	meets("the query", `route-qs = ^c=d$`, "/a?c=d"),
	meets("no query", `route-qs = ^$`, "/a"),
	meets("the address", `route-remote-addr = ^192\.0\.2\.1$`, ""),
	meets("the user agent", `route-user-agent = curl`, "", "HTTP_USER_AGENT", "curl/8"),
	misses("no user agent", `route-user-agent = curl`, ""),
	misses("no user agent, which is no empty one", `route-user-agent = ^$`, ""),
	meets("the user", `route-remote-user = ^me$`, "", "REMOTE_USER", "me"),
	meets("the referer", `route-referer = example`, "", "HTTP_REFERER", "http://example.com/"),

	meets("equal", `route-if = equal:${PATH_INFO};/a`, ""),
	meets("isequal", `route-if = isequal:${PATH_INFO};/a`, ""),
	meets("eq", `route-if = eq:${PATH_INFO};/a`, ""),
	meets("==", `route-if = ==:${PATH_INFO};/a`, ""),
	misses("not equal", `route-if = equal:${PATH_INFO};/b`, ""),
	meets("equal to a variable", `route-if = equal:${HTTP_X};${HTTP_Y}`, "", "HTTP_X", "a", "HTTP_Y", "a"),
	misses("equal without a pattern", `route-if = equal:${NOBODY}`, "").refusedFor(`equal has nothing to compare with`),
	misses("the documented example that never matches", `route-if = equal:FOO;BAR`, ""),
	meets("the documented example that matches", `route-if = regexp:FOO;^F`, ""),
	meets("startswith", `route-if = startswith:${PATH_INFO};/a`, "/ab"),
	misses("startswith another", `route-if = startswith:${PATH_INFO};/ab`, "/a"),
	meets("endswith", `route-if = endswith:${PATH_INFO};b`, "/ab"),
	misses("endswith another", `route-if = endswith:${PATH_INFO};a`, "/ab"),
	misses("endswith more", `route-if = endswith:${PATH_INFO};x/ab`, "/ab"),
	meets("contains", `route-if = contains:${PATH_INFO};b`, "/abc"),
	misses("contains another", `route-if = contains:${PATH_INFO};x`, "/abc"),
	meets("regexp", `route-if = regexp:${PATH_INFO};^/a`, ""),
	meets("re", `route-if = re:${PATH_INFO};^/a`, ""),
	misses("regexp of another", `route-if = re:${PATH_INFO};^/b`, ""),
	meets("empty", `route-if = empty:${NOBODY}`, ""),
	misses("not empty", `route-if = empty:${PATH_INFO}`, ""),
	meets("ishigher", `route-if = ishigher:${HTTP_X};9`, "", "HTTP_X", "10"),
	misses(">", `route-if = >:${HTTP_X};10`, "", "HTTP_X", "10"),
	meets("ishigherequal", `route-if = ishigherequal:${HTTP_X};10`, "", "HTTP_X", "10"),
	meets(">=", `route-if = >=:${HTTP_X};10`, "", "HTTP_X", "10"),
	meets("islower", `route-if = islower:${HTTP_X};10`, "", "HTTP_X", "9"),
	misses("<", `route-if = <:${HTTP_X};9`, "", "HTTP_X", "9"),
	meets("islowerequal", `route-if = islowerequal:${HTTP_X};9`, "", "HTTP_X", "9"),
	meets("<=", `route-if = <=:${HTTP_X};9`, "", "HTTP_X", "9"),
	meets("a number that is none is 0", `route-if = <:${HTTP_X};1`, "", "HTTP_X", "a").unlike(app("/a")),
	meets("exists", `route-if = exists:{dir}/file.txt`, ""),
	misses("not exists", `route-if = exists:{dir}/nobody`, ""),
	meets("isfile", `route-if = isfile:{dir}${PATH_INFO}`, "/file.txt"),
	misses("isfile of a folder", `route-if = isfile:{dir}`, ""),
	meets("isdir", `route-if = isdir:{dir}`, ""),
	misses("isdir of a file", `route-if = isdir:{dir}/file.txt`, ""),
	meets("isexec", `route-if = isexec:/bin/sh`, ""),
	misses("isexec of a file", `route-if = isexec:{dir}/nobody`, ""),
	meets("islink", `route-if = islink:{dir}/link`, ""),
	meets("ipv4in", `route-if = ipv4in:${REMOTE_ADDR};192.0.2.0/24`, ""),
	misses("not ipv4in", `route-if = ipv4in:${REMOTE_ADDR};10.0.0.0/8`, ""),
	meets("ipv6in", `route-if = ipv6in:${HTTP_X};2001:db8::/32`, "", "HTTP_X", "2001:db8::1"),
	meets("not", `route-if-not = equal:${PATH_INFO};/b`, ""),
	misses("not not", `route-if-not = equal:${PATH_INFO};/a`, ""),
	meets("run", `route-run =`, ""),
}
