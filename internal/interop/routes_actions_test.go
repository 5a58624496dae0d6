package interop

import "strings"

// staticFile is the answer of the action static.
func staticFile(body string) string {
	return "200 OK\nContent-Type: text/plain\nContent-Length: 7\nLast-Modified: Sun, 09 Sep 2001 01:46:40 GMT\n\n" + body
}

// routeActions are the actions that call no function.
var routeActions = []routeRow{
	{text: "addheader", rules: "route-run = addheader:X-A: 1\nroute-run = addheader:X-A: ${REMOTE_ADDR}", want: appWith([]string{"X-A: 1", "X-A: 192.0.2.1"}, "/a")},
	{text: "addheader: a line break", rules: "route-run = addheader:X-A: ${HTTP_X}", vars: []string{"HTTP_X", "a\r\nX-Evil: 1"}, want: appWith([]string{"X-A: a", "X-Evil: 1"}, "/a"), ours: answers500},
	{text: "addheader: nothing that is a field", rules: "route-run = addheader:X-A", want: appWith([]string{"X-A"}, "/a"), refused: `"X-A" is no header field`},
	{text: "addheader: a field of the application's", rules: "route-run = addheader:X-App: 2", want: appWith([]string{"X-App: 2"}, "/a")},
	{text: "delheader", rules: "route-run = delheader:X-App", want: "200 OK\nContent-Type: text/plain\nX-Other: b\n\nGET /a\n"},
	{text: "remheader", rules: "route-run = remheader:x-app", want: "200 OK\nContent-Type: text/plain\nX-Other: b\n\nGET /a\n"},
	{text: "delheader: a field that a rule has added", rules: "route-run = addheader:X-A: 1\nroute-run = delheader:X-A", want: appWith([]string{"X-A: 1"}, "/a"), ours: app("/a")},
	{text: "addvar", rules: "route = ^/(.*)$ addvar:FOOVAR=prefix$1suffix", path: "/a", vars: []string{"SHOW", "FOOVAR"}, want: app("/a", "FOOVAR=prefixasuffix")},
	{text: "addvar: in the place of another", rules: "route-run = addvar:REMOTE_ADDR=10.0.0.1", vars: []string{"SHOW", "REMOTE_ADDR"}, want: app("/a", "REMOTE_ADDR=10.0.0.1")},
	{text: "addvar: a subject is what it was", rules: "route-run = addvar:PATH_INFO=/b\nroute = ^/b rpc:echo changed\nroute-if = equal:${PATH_INFO};/b rpc:echo seen", want: called("seen"), ours: called("changed")},
	{text: "log", rules: "route = ^/logme/(.) log:hey i am printing $1", path: "/logme/x", want: app("/logme/x"), log: "hey i am printing x"},
	{text: "logvar", rules: "route = ^/logme/(.) logvar:item=$1", path: "/logme/x", want: app("/logme/x")},
	{text: "send", rules: "route-run = send:destroy ${REMOTE_ADDR}\nroute-run = break:", want: "destroy 192.0.2.1", ours: called("destroy 192.0.2.1")},
	{text: "send-crnl", rules: "route-run = send-crnl:HTTP/1.1 100 Continue\nroute-run = send-crnl:\nroute-run = rpc:hello", want: "100 Continue\n\n", ours: called("HTTP/1.1 100 Continue\r\n\r\nHello World")},
	{text: "redirect", rules: "route = ^/(.*)$ redirect:http://example.com/$1?${REMOTE_ADDR}", path: "/a/b", want: moved("302 Found", "http://example.com/a/b?192.0.2.1")},
	{text: "redirect-302", rules: "route-run = redirect-302:http://example.com/", want: moved("302 Found", "http://example.com/")},
	{text: "redirect-301", rules: "route-run = redirect-301:http://example.com/", want: moved("301 Moved Permanently", "http://example.com/"), ours: "301 Moved Permanently\nLocation: http://example.com/\n\nMoved"},
	{text: "redirect-permanent", rules: "route-run = redirect-permanent:http://example.com/", want: moved("301 Moved Permanently", "http://example.com/"), ours: "301 Moved Permanently\nLocation: http://example.com/\n\nMoved"},
	{text: "redirect: a line break", rules: "route = (?s)^/(.*)$ redirect:http://example.com/$1", path: "/a\r\nX-Evil: 1", want: moved("302 Found", "http://example.com/a", "X-Evil: 1"), ours: moved("302 Found", "http://example.com/a%0D%0AX-Evil:%201")},
	{text: "redirect: fields of rules before it", rules: "route-run = addheader:X-A: 1\nroute-run = redirect:http://example.com/", want: moved("302 Found", "http://example.com/", "X-A: 1")},
	{text: "rewrite", rules: "route-uri = ^/foo/(.*) rewrite:/index.php?page=$1.php", path: "/foo/a", vars: []string{"SHOW", "QUERY_STRING REQUEST_URI"}, want: app("/index.php", "QUERY_STRING=page=a.php", "REQUEST_URI=/foo/a"), ours: app("/index.php", "QUERY_STRING=page=a.php", "REQUEST_URI=/index.php?page=a.php")},
	{text: "rewrite: a query is joined", rules: "route = ^/foo/(.*) rewrite:/index.php?page=$1.php", path: "/foo/a?b=c", vars: []string{"SHOW", "QUERY_STRING REQUEST_URI"}, want: app("/index.php", "QUERY_STRING=page=a.php&b=c", "REQUEST_URI=/foo/a?b=c"), ours: app("/index.php", "QUERY_STRING=page=a.php&b=c", "REQUEST_URI=/index.php?page=a.php&b=c")},
	{text: "rewrite: without a query", rules: "route = ^/foo/(.*) rewrite:/$1", path: "/foo/a?b=c", vars: []string{"SHOW", "QUERY_STRING"}, want: app("/a", "QUERY_STRING=b=c")},
	{text: "rewrite: percent signs", rules: "route-run = rewrite:${HTTP_X}", vars: []string{"HTTP_X", "/a%20b%2fc"}, want: app("/a b/c"), ours: app("/a%20b%2fc")},
	{text: "rewrite: the next rule sees it", rules: "route-run = rewrite:/b\nroute = ^/b rpc:echo seen ${PATH_INFO}", want: called("seen|/b")},
	{text: "rewrite-last", rules: "route-run = rewrite-last:/b\nroute = ^/b rpc:echo seen", want: app("/b")},
	{text: "static", rules: "route-run = static:{dir}${PATH_INFO}", path: "/file.txt", want: staticFile("a file\n"), ours: ourFile("200 OK", "a file\n")},
	{text: "static: HEAD", rules: "route-run = setmethod:HEAD\nroute-run = static:{dir}/file.txt", want: staticFile(""), ours: ourFile("200 OK", "")},
	{text: "static: a file that is not there", rules: "route-run = static:{dir}/nobody", want: "", ours: answers404},
	{text: "static: a folder", rules: "route-run = static:{dir}", want: "", ours: answers404},
	{text: "static: a part of it", rules: "route-run = static:{dir}/file.txt", vars: []string{"HTTP_RANGE", "bytes=1-2"}, want: staticFile("a file\n"), ours: ourFile("206 Partial Content", " f", "Content-Range: bytes 1-2/7")},
	{text: "static: dots in the path", rules: "route-run = static:{dir}/dir/${PATH_INFO}", path: "/../file.txt", want: "", ours: answers404},
	{text: "uwsgi: to a node", rules: "route-run = uwsgi:{uwsgi},0,0", path: "/a?b", want: app("/a")},
	{text: "uwsgi: to a node that is not there", rules: "route-run = uwsgi:{down},0,0", want: "", ours: answers502},
	{text: "uwsgi: a call by its path", rules: "route-run = uwsgi:,173,2", path: "/echo/a/b", want: called("a|b", "Content-Type: application/binary")},
	{text: "uwsgi: a call by its path, at a node", rules: "route-run = uwsgi:{ours},173,2", path: "/echo/a/b", want: called("a|b", "Content-Type: application/binary", "X-Content-Type-Options: nosniff")},
	{text: "uwsgi: variables of the rules", rules: "route-run = addvar:FOO=1\nroute-run = uwsgi:{uwsgi},0,0", vars: []string{"SHOW", "FOO"}, want: app("/a", "FOO=1")},
	{text: "uwsgi: fields of the rules", rules: "route-run = addheader:X-A: 1\nroute-run = uwsgi:{uwsgi},0,0", want: appWith([]string{"X-A: 1"}, "/a")},
	{text: "uwsgi: modifiers", rules: "route-run = uwsgi:{packet},5,3", want: "200 OK\nX-Node: a\n\n5 3 \"\" \"\""},
	{text: "uwsgi: modifiers and an application", rules: "route-run = uwsgi:{packet},5,3,foo", want: "200 OK\nX-Node: a\n\n5 3 \"foo\" \"\""},
	{text: "uwsgi: a body", rules: "route-run = uwsgi:{packet},0,0", vars: []string{"REQUEST_METHOD", "POST", "CONTENT_LENGTH", "5", "HTTP_X_BODY", "12345"}, body: "hello", want: "200 OK\nX-Node: a\n\n0 0 \"\" \"hello\""},
	{text: "http: to a server", rules: "route-run = http:{http}", path: "/a?b", want: called("GET /a?b at localhost\n", "Content-Type: text/plain; charset=utf-8")},
	{text: "http: with another host", rules: "route-run = http:{http},example.com", path: "/a?b", want: called("GET /a?b at example.com\n", "Content-Type: text/plain; charset=utf-8")},
	{text: "http: to a server that is not there", rules: "route-run = http:{down}", want: "", ours: answers502},
	{text: "http: fields of the rules", rules: "route-run = addheader:X-A: 1\nroute-run = http:{http}", path: "/a?b", want: called("GET /a?b at localhost\n", "Content-Type: text/plain; charset=utf-8", "X-A: 1")},
	{text: "basicauth", rules: "route-run = basicauth:My Realm,foo:bar", vars: []string{"HTTP_AUTHORIZATION", "Basic Zm9vOmJhcg==", "SHOW", "REMOTE_USER"}, want: app("/a", "REMOTE_USER=foo")},
	{text: "basicauth: nobody", rules: "route-run = basicauth:My Realm,foo:bar", want: askedTheirs, ours: askedOurs},
	{text: "basicauth: another word", rules: "route-run = basicauth:My Realm,foo:baz", vars: []string{"HTTP_AUTHORIZATION", "Basic Zm9vOmJhcg=="}, want: askedTheirs, ours: askedOurs},
	{text: "basicauth-next", rules: "route-run = basicauth-next:My Realm,foo:baz\nroute-run = basicauth:My Realm,foo:bar", vars: []string{"HTTP_AUTHORIZATION", "Basic Zm9vOmJhcg=="}, want: app("/a")},
	{text: "basicauth-next: nobody", rules: "route-run = basicauth-next:My Realm,foo:bar\nroute-run = rpc:hello", want: askedTheirs, ours: askedOurs},
	{text: "basicauth-next: nobody of it", rules: "route-run = basicauth-next:My Realm,foo:bar\nroute-run = rpc:hello", vars: []string{"HTTP_AUTHORIZATION", "Basic YTpi"}, want: called("Hello World")},
	{text: "basicauth: a password with a comma and a colon", rules: "route-run = basicauth:My Realm,foo:b:a,r", vars: []string{"HTTP_AUTHORIZATION", "Basic Zm9vOmI6YSxy"}, want: app("/a")},
	{text: "basicauth: a user already", rules: "route-run = setuser:me\nroute-run = basicauth:My Realm,foo:bar", want: app("/a")},
	{text: "basicauth: fields of rules", rules: "route-run = addheader:X-A: 1\nroute-run = basicauth:My Realm,foo:bar", want: strings.Replace(askedTheirs, "\n\n", "\nX-A: 1\n\n", 1), ours: strings.Replace(askedOurs, "\n\n", "\nX-A: 1\n\n", 1)},
	{text: "basicauth: the scheme in another case", rules: "route-run = basicauth:My Realm,foo:bar", vars: []string{"HTTP_AUTHORIZATION", "basic Zm9vOmJhcg=="}, want: askedTheirs, ours: app("/a")},
	{text: "basicauth: a file", rules: "route-run = basicauth:My Realm,{dir}/htpasswd", vars: []string{"HTTP_AUTHORIZATION", "Basic YWRhOnBhc3N3b3Jk", "SHOW", "REMOTE_USER"}, want: app("/a", "REMOTE_USER=ada")},
	{text: "basicauth: a file, another word", rules: "route-run = basicauth:My Realm,{dir}/htpasswd", vars: []string{"HTTP_AUTHORIZATION", "Basic YWRhOnBhc3N3b3J0"}, want: askedTheirs, ours: askedOurs},
	{text: "basicauth: a file in htpasswd's own form", rules: "route-run = basicauth:My Realm,{dir}/htpasswd", vars: []string{"HTTP_AUTHORIZATION", "Basic Ym9iOm9wZW4gc2VzYW1l"}, want: askedTheirs, ours: app("/a")},
	{text: "basicauth: a file in crypt's old form", rules: "route-run = basicauth:My Realm,{dir}/htpasswd-des", vars: []string{"HTTP_AUTHORIZATION", "Basic YWRhOnBhc3N3b3Jk"}, want: app("/a"), refused: `the password of "ada" is of a form that is not known here, or crypt's DES`},
	{text: "basicauth: a file that is not there", rules: "route-run = basicauth:My Realm,{dir}/nobody", vars: []string{"HTTP_AUTHORIZATION", "Basic YWRhOnBhc3N3b3Jk"}, want: askedTheirs, refused: "no such file"},
	{text: "setuser", rules: "route-run = setuser:me", vars: []string{"SHOW", "REMOTE_USER"}, want: app("/a", "REMOTE_USER=me")},
	{text: "setmethod", rules: "route-run = setmethod:PUT", want: "200 OK\nContent-Type: text/plain\nX-App: a\nX-Other: b\n\nPUT /a\n"},
	{text: "seturi", rules: "route-run = seturi:/b\nroute-uri = ^/b$ rpc:echo ${REQUEST_URI}", want: called("/b")},
	{text: "setremoteaddr", rules: "route-run = setremoteaddr:127.0.0.1\nroute-remote-addr = ^127 rpc:echo ${REMOTE_ADDR}", want: called("127.0.0.1")},
	{text: "setpathinfo", rules: "route-run = setpathinfo:${HTTP_X}\nroute = ^/b rpc:echo ${PATH_INFO}", vars: []string{"HTTP_X", "/b%20c"}, want: called("/b%20c")},
	{text: "setscriptname, fixpathinfo", rules: "route-run = setscriptname:/a\nroute-run = fixpathinfo:", path: "/a/b", vars: []string{"SHOW", "SCRIPT_NAME"}, want: app("/b", "SCRIPT_NAME=/a")},
	{text: "fixpathinfo of another path", rules: "route-run = setscriptname:/a\nroute-run = fixpathinfo:", path: "/xy/b", want: app("y/b"), ours: app("/xy/b")},
	{text: "fixpathinfo without a script", rules: "route-run = fixpathinfo:", path: "/a/b", want: app("/a/b")},
	{text: "clearheaders", rules: "route-run = addheader:X-A: 1\nroute-run = clearheaders:201 Created\nroute-run = addheader:X-B: 1\nroute-run = send:a\nroute-run = break:", want: "201 Created\nX-A: 1\nX-B: 1\n\na"},
	{text: "return", rules: "route-run = return:404", want: "404 Not Found\nContent-Type: text/plain\nContent-Length: 9\n\nNot Found"},
	{text: "break-with-status", rules: "route-run = break-with-status:404", want: "404 Not Found\nContent-Type: text/plain\nContent-Length: 9\n\nNot Found"},
}

// What basicauth answers: Postern has HTTP's own phrase.
const (
	askedTheirs = "401 Authorization Required\nWWW-Authenticate: Basic realm=\"My Realm\"\n\nUnauthorized"
	askedOurs   = "401 Unauthorized\nWww-Authenticate: Basic realm=\"My Realm\"\n\nUnauthorized"
)

// forwardOnly is what uWSGI logs of a goto that leads nowhere or backwards.
const forwardOnly = `[uwsgi-route] ERROR "goto" instruction can only jump forward (check your label !!!)`

// routeJumps are how rules end, and go on elsewhere.
var routeJumps = []routeRow{
	{text: "last", rules: "route-run = last:\nroute-run = rpc:hello", want: app("/a")},
	{text: "continue", rules: "route-run = continue:\nroute-run = rpc:hello", want: app("/a")},
	{text: "break", rules: "route-run = break:\nroute-run = rpc:hello", want: ""},
	{text: "break: a status", rules: "route-run = break:404 Not Found", want: ended("404 Not Found")},
	{text: "break: a number", rules: "route-run = break:500", want: ended("500 Internal Server Error")},
	{text: "break: less than a number", rules: "route-run = break:40", want: "", refused: `"40" is no status`},
	{text: "break: a variable is not expanded", rules: "route-run = break:403 Forbidden for ip ${REMOTE_ADDR}", want: ended("403 Forbidden for ip ${REMOTE_ADDR}"), ours: ended("403 Forbidden")},
	{text: "break: fields of rules before it", rules: "route-run = addheader:X-A: 1\nroute-run = break:403 Forbidden", want: ended("403 Forbidden", "X-A: 1")},
	{text: "goto: a label", rules: "route-run = goto:jump-one\nroute-run = rpc:echo passed\nroute-label = jump-one\nroute-run = rpc:echo jumped", want: called("jumped")},
	{text: "goto: a label of the request's", rules: "route = ^/(.*) goto:jump-$1\nroute-run = rpc:echo passed\nroute-label = jump-two\nroute-run = rpc:echo jumped", path: "/two", want: called("jumped")},
	{text: "goto: nowhere", rules: "route-run = goto:jump-nowhere\nroute-run = rpc:echo passed", want: "", log: forwardOnly, refused: `no rule has the label "jump-nowhere"`},
	{text: "goto: backwards", rules: "route-label = jump-three\nroute-run = goto:jump-three\nroute-run = rpc:echo passed", want: "", log: forwardOnly, refused: `"jump-three" is at routes.ini:4:1, and a goto leads to a later rule`},
	{text: "goto: a number beyond the rules", rules: "route-run = goto:100000\nroute-run = rpc:echo passed", want: app("/a"), refused: `goto to nowhere`},
	{text: "goto: twice", rules: "route-run = goto:jump-four\nroute-label = jump-five\nroute-run = rpc:echo jumped\nroute-label = jump-four\nroute-run = goto:jump-five\nroute-run = rpc:echo passed", want: "", refused: `goto backwards`},
	{text: "a label alone", rules: "route-label = jump-six\nroute-run = rpc:hello", want: called("Hello World")},
}

// routeDocumented are the examples of uWSGI's documentation that no other row has.
var routeDocumented = []routeRow{
	{text: "documented: rpcret", rules: `
route-run = rpcret:choose ${REQUEST_URI} ${REMOTE_ADDR}
route-run = break:

route-label = topogigio
route-run = log:i am topogigio !!!`, path: "/topogigio", want: app("/topogigio"), log: "i am topogigio !!!"},
	{text: "documented: rpcret elsewhere", rules: `
route-run = rpcret:choose ${REQUEST_URI} ${REMOTE_ADDR}
route-run = break:`, path: "/elsewhere", want: ended("500 Internal server Error !!!"), ours: ended("500 Internal Server Error")},
	{text: "documented: rpc", rules: `
route = ^/foo addheader:Content-Type: text/html
route = ^/foo rpc:hello ${REQUEST_URI} ${HTTP_USER_AGENT}
route = ^/bar/(.+)$ rpc:echo $1 ${REMOTE_ADDR} uWSGI %V
route = ^/pippo/(.+)$ rpc:echo@{uwsgi} $1 ${REMOTE_ADDR} uWSGI %V`, path: "/foo", want: called("Hello World", "Content-Type: text/html")},
	{text: "documented: rpc of its version", rules: `route = ^/bar/(.+)$ rpc:echo $1 ${REMOTE_ADDR} uWSGI %V`, path: "/bar/a b", want: called("a b|192.0.2.1|uWSGI|2.0.21-debian")},
	{text: "documented: rpc at a node", rules: `route = ^/pippo/(.+)$ rpc:echo@{uwsgi} $1 ${REMOTE_ADDR} uWSGI %V`, path: "/pippo/a", want: called("a|192.0.2.1|uWSGI|2.0.21-debian")},
	{text: "documented: rpc in a path", rules: `route = ^/foo/(.+)/call rpc:hello_world ${REMOTE_ADDR} $1`, path: "/foo/bar/call", want: called("Hello 192.0.2.1 bar")},
	{text: "documented: wrappers of calls", rules: "route = ^/xml uwsgi:,173,3\nroute-if-not = startswith:${PATH_INFO};/xml uwsgi:,173,2", path: "/hello", want: called("Hello World", "Content-Type: application/binary")},
	{text: "documented: a dynamic proxy", rules: "route-run = rpcvar:MYNODE echo {http}\nroute-run = log:${MYNODE}\nroute-run = http:${MYNODE}", path: "/a?b", want: called("GET /a?b at localhost\n", "Content-Type: text/plain; charset=utf-8")},
	documentedFirst("curl", moved("302 Found", "http://uwsgi.it"), "HTTP_USER_AGENT", "curl/8"),
	documentedFirst("an address", ended("403 Forbidden"), "REMOTE_ADDR", "127.0.0.1"),
	documentedFirst("a path", appWith([]string{"Server: my uWSGI server"}, "/a")),
	documentedGoto("localhost", appWith([]string{"Server: my uWSGI server"}, "/index.php"), "HTTP_HOST", "localhost", "PATH_INFO", "/a.php"),
	documentedGoto("sid.local", appWith([]string{"Server: my sid.local server"}, "/index.php"), "HTTP_HOST", "sid.local", "PATH_INFO", "/a.php"),
	documentedGoto("elsewhere", app("/a"), "HTTP_HOST", "elsewhere"),
	{text: "documented: HTTPS", rules: "route-if-not = equal:${HTTPS};on redirect-permanent:https://${HTTP_HOST}${REQUEST_URI}", path: "/a?b", want: moved("301 Moved Permanently", "https://localhost/a?b"), ours: "301 Moved Permanently\nLocation: https://localhost/a?b\n\nMoved"},
	{text: "documented: HTTPS is on", rules: "route-if-not = equal:${HTTPS};on redirect-permanent:https://${HTTP_HOST}${REQUEST_URI}", vars: []string{"HTTPS", "on"}, want: app("/a")},
}

// documentedFirst is the first example of "uWSGI internal routing", but for its cache.
func documentedFirst(text, want string, vars ...string) routeRow {
	return routeRow{text: "documented: the first example, " + text, vars: vars, want: want, rules: `
route-user-agent = .*curl.* redirect:http://uwsgi.it
route-remote-addr = ^127\.0\.0\.1$ break:403 Forbidden
route = ^/test log:someone called /test
route = \.php$ rewrite:/index.php
route = .* addheader:Server: my uWSGI server
route-host = ^localhost$ logvar:local=1
route-if = equal:${PATH_INFO};/bad break:500 Internal Server Error`}
}

// documentedGoto is its example of goto, but for its cache.
func documentedGoto(text, want string, vars ...string) routeRow {
	return routeRow{text: "documented: goto, " + text, vars: vars, want: want, rules: `
route-host = ^localhost$ goto:` + oneWord(text) + `-localhost
route-host = ^sid\.local$ goto:` + oneWord(text) + `-sid.local
route = .* last:

route-label = ` + oneWord(text) + `-sid.local
route-user-agent = .*curl.* redirect:http://uwsgi.it
route-remote-addr = ^192\.168\..* break:403 Forbidden
route = ^/test log:someone called /test
route = \.php$ rewrite:/index.php
route = .* addheader:Server: my sid.local server
route = .* logvar:local=0
route = .* last:

route-label = ` + oneWord(text) + `-localhost
route-user-agent = .*curl.* redirect:http://uwsgi.it
route-remote-addr = ^127\.0\.0\.1$ break:403 Forbidden
route = ^/test log:someone called /test
route = \.php$ rewrite:/index.php
route = .* addheader:Server: my uWSGI server
route = .* logvar:local=1
route = .* last:`}
}
