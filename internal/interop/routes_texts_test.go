package interop

// said has a rule whose text is called, so that the answer is the text.
func said(text, rule, path, want string, vars ...string) routeRow {
	return routeRow{text: "text: " + text, rules: rule, path: path, vars: vars, want: called(want)}
}

// refusedFor returns a row that Postern does not start with.
func (row routeRow) refusedFor(why string) routeRow {
	row.refused = why
	return row
}

// unlike returns a row that Postern answers in another way.
func (row routeRow) unlike(ours string) routeRow {
	row.ours = ours
	return row
}

// routeTexts are what stands for something in a rule's text.
var routeTexts = []routeRow{
	said("groups", `route = ^/(.)/(.)/(.*)$ rpc:echo $3-$2-$1-$0`, "/a/b/cd", "cd-b-a-/a/b/cd"),
	said("a group that is not there", `route = ^/(.) rpc:echo [$2]`, "/a", "[]").refusedFor(`$2: the rule's regular expression has 1 groups`),
	said("a group that has not matched", `route = ^/(a)|(b) rpc:echo [$1][$2]`, "/a", "[a][]"),
	said("a group beyond 9", `route = ^/(.)(.)(.)(.)(.)(.)(.)(.)(.)(.) rpc:echo $10`, "/abcdefghij", "a0"),
	said("a group without a regular expression", `route-run = rpc:echo [$1]`, "/a", "[]").refusedFor(`the rule has no regular expression that matches, and so no groups`),
	said("a group of a condition", `route-if = regexp:${REQUEST_URI};^/(.*)$ rpc:echo [$1]`, "/a", "[a]"),
	said("a group of a negated condition", `route-if-not = regexp:${REQUEST_URI};^/b(.*)$ rpc:echo [$1]`, "/a", "[]").refusedFor(`the rule has no regular expression that matches, and so no groups`),
	said("a variable", `route-run = rpc:echo ${REMOTE_ADDR}`, "/a", "192.0.2.1"),
	said("a variable that is not there", `route-run = rpc:echo [${NOBODY}]`, "/a", "[]"),
	said("a variable twice, of which the last counts", `route-run = rpc:echo [${HTTP_X}]`, "/a", "[b]", "HTTP_X", "a", "HTTP_X", "b"),
	said("a variable without a name", `route-run = rpc:echo [${}]`, "/a", "[]").refusedFor(`a variable's name is missing`),
	said("a variable without an end", `route-run = rpc:echo [${HTTP_X]`, "/a", "[${HTTP_X]", "HTTP_X", "a"),
	said("a dollar", `route-run = rpc:echo [$] [$$] [$x] [$$1] [a$`, "/a", "[$]|[$$]|[$x]|[$$1]|[a").unlike(called("[$]|[$$]|[$x]|[$$1]|[a$")),
	said("a variable in a variable's name", `route-run = rpc:echo [${HTTP_${HTTP_X}}]`, "/a", "[}]", "HTTP_X", "Y", "HTTP_Y", "z"),
	said("a variable in a group is expanded, too", `route = ^/(.*) rpc:echo pre-$1`, "/${DOCUMENT_ROOT}", "pre-/srv", "DOCUMENT_ROOT", "/srv").unlike(called("pre-${DOCUMENT_ROOT}")),
	said("a variable in a variable is not", `route-run = rpc:echo ${HTTP_X}`, "/a", "${REMOTE_ADDR} $1", "HTTP_X", "${REMOTE_ADDR} $1"),
	said("a cookie", `route-run = rpc:echo ${cookie[b]} [${cookie[c]}]`, "/a", "2|[]", "HTTP_COOKIE", "a=1; b=2; bb=3"),
	said("an item of the query", `route-run = rpc:echo ${qs[b]} [${qs[c]}]`, "/a?a=1&b=%41+2&bb=3&c", "%41+2|[]"),
	said("a media type", `route-run = rpc:echo ${mime[HTTP_X]} [${mime[HTTP_Y]}] [${mime[NOBODY]}]`, "/a", "image/jpeg|[]|[]", "HTTP_X", "/a/b.jpg", "HTTP_Y", "/a"),
	said("base64", `route-run = rpc:echo ${base64[HTTP_X]} [${base64[NOBODY]}]`, "/a", "YQD/|[]", "HTTP_X", "a\x00\xff"),
	said("hex", `route-run = rpc:echo ${hex[HTTP_X]} [${hex[NOBODY]}]`, "/a", "6100FF|[]", "HTTP_X", "a\x00\xff"),
	said("upper and lower", `route-run = rpc:echo [${upper[HTTP_X]}] [${lower[HTTP_X]}]`, "/a", "[]|[]", "HTTP_X", "aB").unlike(called("[AB]|[ab]")),
	said("uWSGI", `route-run = rpc:echo ${uwsgi[wid]} ${uwsgi[status]} [${uwsgi[nobody]}]`, "/a", "1|500|[]").refusedFor(`uwsgi[nobody]: known are`),
	said("a function that is not there", `route-run = rpc:echo [${nobody[HTTP_X]}]`, "/a", "[]", "HTTP_X", "a").refusedFor(`unknown function "nobody"`),
	said("a variable with brackets", `route-run = rpc:echo [${X[1]}]`, "/a", "[a]", "X[1]", "a").refusedFor(`unknown function "X"`),
	said("a function of nothing", `route-run = rpc:echo [${hex[]}] [${qs[]}]`, "/a", "[]|[]"),
	{text: "text: the time", rules: "route-if = regexp:${time[unix]};^1[0-9]{9}$ addheader:X-A: unix\nroute-if = regexp:${time[micros]};^1[0-9]{15}$ addheader:X-A: micros\n" +
		"route-if = regexp:${httptime[3600]};GMT$ addheader:X-A: http\nroute-run = rpc:hello", want: called("Hello World", "X-A: unix", "X-A: micros", "X-A: http")},
	{text: "text: a number of the process and an identifier", rules: "route-if = regexp:${uwsgi[pid]};^[0-9]+$ addheader:X-A: pid\nroute-if = regexp:${uwsgi[uuid]};^[0-9a-f-]{36}$ addheader:X-A: uuid\n" +
		"route-run = rpc:hello", want: called("Hello World", "X-A: pid", "X-A: uuid")},
}
