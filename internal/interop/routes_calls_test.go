package interop

import "strings"

// routeCalls are the actions that call functions and send what they return.
var routeCalls = []routeRow{
	{text: "rpc: the documented example", rules: `route = ^/foo rpc:hello ${REQUEST_URI} ${REMOTE_ADDR}`, path: "/foo?a", want: called("Hello World")},
	{text: "rpc: arguments", rules: `route = ^/foo rpc:echo ${REQUEST_URI} ${REMOTE_ADDR} a`, path: "/foo?a", want: called("/foo?a|192.0.2.1|a")},
	{text: "call is rpc", rules: `route-run = call:echo a b`, want: called("a|b")},
	{text: "rpc: runs of spaces part two arguments", rules: `route-run = rpc:echo  a   b`, want: called("a|b")},
	{text: "rpc: a value with spaces is one argument", rules: `route-run = rpc:count ${HTTP_X} b`, vars: []string{"HTTP_X", "a b  c"}, want: called("2")},
	{text: "rpc: a value without a byte is an argument", rules: `route-run = rpc:echo a ${HTTP_X} b`, want: called("a||b")},
	{text: "rpc: fields of rules before it", rules: "route-run = addheader:X-A: 1\nroute-run = rpc:hello", want: called("Hello World", "X-A: 1")},
	{text: "rpc: an unknown function", rules: "route-run = rpc:nobody", want: "", ours: answers502},
	{text: "rpc: a failure", rules: "route-run = rpc:fail", want: "", ours: answers502},
	{text: "rpc: an empty result", rules: "route-run = rpc:empty", want: "", ours: called("")},
	{text: "rpc: a failure ends the rules", rules: "route-run = rpc:fail\nroute-run = rpc:hello", want: "", ours: answers502},
	{text: "rpc: 254 arguments", rules: "route-run = rpc:count" + strings.Repeat(" a", 254), want: called("254")},
	{text: "rpc: 255 arguments", rules: "route-run = rpc:count" + strings.Repeat(" a", 255), want: called("255"), refused: `255 arguments: at most 254`},
	{text: "rpc: 256 arguments", rules: "route-run = rpc:count" + strings.Repeat(" a", 256), want: called("0"), refused: `256 arguments: at most 254`},
	{text: "rpc: a remote function", rules: "route-run = rpc:hello_world@{uwsgi} a b", want: called("Hello a b")},
	{text: "rpc: a function of ours", rules: "route-run = rpc:echo@{ours} a b", want: called("a|b")},
	{text: "rpc: a remote function of no argument's bytes", rules: "route-run = rpc:count@{ours} a ${HTTP_X} b ${HTTP_X}", want: called("4")},
	{text: "rpc: a remote node that is not there", rules: "route-run = rpc:hello@{down}", want: "", ours: answers502},
	{text: "rpc: an unknown remote function", rules: "route-run = rpc:nobody@{uwsgi}", want: "", ours: answers502},
	{text: "rpc: an unknown function of ours", rules: "route-run = rpc:nobody@{ours}", want: "", ours: answers502},

	{text: "rpcnext: results are joined", rules: "route-run = rpcnext:echo a\nroute-run = rpcblob:echo b\nroute-run = rpcnext:echo c\nroute-run = break:", want: blob("abc")},
	{text: "rpcnext: the request goes on", rules: "route-run = rpcnext:echo a", want: blob("a")},
	{text: "rpcnext: fields", rules: "route-run = addheader:X-A: 1\nroute-run = rpcnext:echo a\nroute-run = addheader:X-B: 1\nroute-run = break:", want: blob("a", "X-A: 1")},
	{text: "rpcnext: a failure", rules: "route-run = rpcnext:fail\nroute-run = rpcnext:echo b\nroute-run = break:", want: "", ours: answers502},
	{text: "rpcnext: a failure behind a part", rules: "route-run = rpcnext:echo a\nroute-run = rpcnext:fail\nroute-run = rpcnext:echo b\nroute-run = break:", want: blob("a"), ours: answers502},
	{text: "rpcnext, then rpc", rules: "route-run = rpcnext:echo a\nroute-run = rpc:echo b", want: blob("a"), ours: called("ab")},
	{text: "rpcnext, then a status", rules: "route-run = rpcnext:echo a\nroute-run = break:403 Forbidden", want: blob("a")},
	{text: "rpcnext, then a redirect", rules: "route-run = rpcnext:echo a\nroute-run = redirect:http://x/", want: blob("a")},
	{text: "rpcnext, then return", rules: "route-run = rpcnext:echo a\nroute-run = return:404", want: blob("a")},
	{text: "rpcnext, then a file", rules: "route-run = rpcnext:echo a\nroute-run = static:{dir}/file.txt", want: blob("a")},
	{text: "rpcnext, then a backend", rules: "route-run = rpcnext:echo a\nroute-run = uwsgi:{uwsgi},0,0", want: blob("a")},
	{text: "rpcnext, then a backend by HTTP", rules: "route-run = rpcnext:echo a\nroute-run = http:{http}", want: blob("a")},
	{text: "rpcnext, then rpcraw", rules: "route-run = rpcnext:echo a\nroute-run = rpcraw:echo ${HTTP_X}", vars: []string{"HTTP_X", "HTTP/1.0 201 Created\r\n\r\nmade"}, want: blob("a")},
	{text: "rpcnext: the documented example", rules: "route = ^/multi rpcnext:part1@{uwsgi}\nroute = ^/multi rpcnext:part2@{uwsgi}\nroute = ^/multi rpcnext:part3@{uwsgi}\nroute-run = break:",
		path: "/multi", want: blob("part 1\npart 2\npart 3\n")},

	{text: "rpcraw: a response", rules: "route-run = rpcraw:echo ${HTTP_X}", vars: []string{"HTTP_X", "HTTP/1.0 201 Created\r\nX-A: 1\r\n\r\nmade"}, want: "201 Created\nX-A: 1\n\nmade"},
	{text: "rpcraw: a CGI head", rules: "route-run = rpcraw:echo ${HTTP_X}", vars: []string{"HTTP_X", "Status: 201 Created\r\nX-A: 1\r\n\r\nmade"}, want: "201 Created\nX-A: 1\n\nmade"},
	{text: "rpcraw: lines end in LF", rules: "route-run = rpcraw:echo ${HTTP_X}", vars: []string{"HTTP_X", "HTTP/1.0 201 Created\nX-A: 1\n\nmade"}, want: "", ours: "201 Created\nX-A: 1\n\nmade"},
	{text: "rpcraw: no response", rules: "route-run = rpcraw:hello", want: "", ours: answers502},
	{text: "rpcraw: a failure", rules: "route-run = rpcraw:fail\nroute-run = rpc:hello", want: "", ours: answers502},
	{text: "rpcraw: an empty result", rules: "route-run = rpcraw:empty\nroute-run = rpc:hello", want: "", ours: called("Hello World")},
	{text: "rpcraw: fields of rules before it", rules: "route-run = addheader:X-B: 2\nroute-run = rpcraw:echo ${HTTP_X}", vars: []string{"HTTP_X", "HTTP/1.0 201 Created\r\nX-A: 1\r\n\r\nmade"}, want: "201 Created\nX-A: 1\nX-B: 2\n\nmade"},

	{text: "rpcvar: a result in a variable", rules: "route-run = rpcvar:MYVAR echo a b\nroute-run = rpc:echo ${MYVAR}", want: called("a|b")},
	{text: "rpcvar: the application has it", rules: "route-run = rpcvar:MYVAR echo a b", vars: []string{"SHOW", "MYVAR"}, want: app("/a", "MYVAR=a|b")},
	{text: "rpcvar: it takes the place of another", rules: "route-run = rpcvar:MYVAR echo a\nroute-run = rpcvar:MYVAR echo b", vars: []string{"SHOW", "MYVAR", "MYVAR", "x"}, want: app("/a", "MYVAR=b")},
	{text: "rpcvar: a failure", rules: "route-run = rpcvar:MYVAR fail\nroute-run = rpc:echo [${MYVAR}]", want: called("[]")},
	{text: "rpcvar: an unknown function", rules: "route-run = rpcvar:MYVAR nobody\nroute-run = rpc:echo [${MYVAR}]", want: called("[]")},
	{text: "rpcvar: an empty result", rules: "route-run = rpcvar:MYVAR empty\nroute-run = rpc:echo [${MYVAR}]", want: called("[]")},
	{text: "rpcvar: a remote function", rules: "route-run = rpcvar:MYVAR echo@{ours} a\nroute-run = rpc:echo [${MYVAR}]", want: called("[a]")},
	{text: "rpcvar: a node that is not there", rules: "route-run = rpcvar:MYVAR echo@{down} a\nroute-run = rpc:echo [${MYVAR}]", want: called("[]")},
}

// oneWord makes a label of a text.
func oneWord(text string) string { return strings.ReplaceAll(text, " ", "-") }

// returned has rules in which a function's result says what is next.
func returned(text, result, want string) routeRow {
	return routeRow{text: "rpcret: " + text, rules: "route-run = rpcret:echo ${HTTP_X}\nroute-run = rpcnext:echo next\nroute-label = " + oneWord(text) + "\nroute-run = rpc:echo end",
		vars: []string{"HTTP_X", result}, want: want}
}

// routeReturns are the results of functions that say what is next.
var routeReturns = []routeRow{
	returned("next", "next", blob("next")).unlike(called("nextend")),
	returned("continue", "continue", app("/a")),
	returned("goon, which is documented and not there", "goon", app("/a")),
	returned("nothing that it knows", "nextx", app("/a")),
	returned("break", "break", ""),
	returned("break with a status", "break:403 Forbidden", ended("403 Forbidden")),
	returned("break with a status behind a space", "break 403 Forbidden", ended("403 Forbidden")),
	returned("break with a short status", "break:4", "").unlike(answers502),
	returned("break with a number", "break:403", ended("403 Forbidden")),
	returned("break with a status and more", "breakdown 403", ended("own 403")).unlike(answers502),
	returned("goto a label", "goto goto-a-label", called("end")),
	returned("goto nowhere", "goto nowhere", "").unlike(answers500),
	returned("goto without a label", "goto ", "").unlike(answers500),
	returned("goto backwards", "goto row-0", "").unlike(answers500),
	returned("an empty result", "", "").unlike(answers502),
	{text: "rpcret: a failure", rules: "route-run = rpcret:fail\nroute-run = rpc:hello", want: "", ours: answers502},
	{text: "rpcret: fields before a status", rules: "route-run = addheader:X-A: 1\nroute-run = rpcret:echo ${HTTP_X}", vars: []string{"HTTP_X", "break 403 Forbidden"}, want: ended("403 Forbidden", "X-A: 1")},
}
