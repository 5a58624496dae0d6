// Package route is uWSGI's internal routing: rules that are tried in order, each a condition and an
// action, in front of a handler. Rules come from uWSGI's own lines, by [Environment.Parse], or are
// Go values. It knows no wire: what calls functions and what a request is sent on to is handed in,
// by endpoint.Backends for one.
//
//	route = ^/foo rpc:hello ${REQUEST_URI} ${REMOTE_ADDR}
//	route = ^/multi rpcnext:part1@192.168.173.100:3031
//	route-if = equal:${REQUEST_METHOD};TRACE break:405 Method Not Allowed
//	route-run = addheader:X-Frame-Options: DENY
//
// # Rules
//
// A rule is a line. The first space parts the condition from the action, so a condition has none in
// it (\s matches one). Lines that begin with ; or # say nothing, nor does [uwsgi].
//
//	route             REGEXP ACTION   PATH_INFO matches; that and ${PATH_INFO} are the whole path where the front sends none
//	route-host        REGEXP ACTION   HTTP_HOST
//	route-uri         REGEXP ACTION   REQUEST_URI, as the client encoded it
//	route-qs          REGEXP ACTION   QUERY_STRING
//	route-remote-addr REGEXP ACTION   REMOTE_ADDR; likewise route-remote-user, route-user-agent, route-referer
//	route-if          TEST ACTION     a test is met; route-if-not: is not
//	route-run         ACTION          always
//	route-label       LABEL           a place for goto
//
// A variable that is not there matches nothing, "^$" neither. A test is NAME:TEXT, or
// NAME:TEXT;PATTERN:
//
//	exists isfile isdir islink isexec      TEXT names such a file
//	empty                                  TEXT is empty
//	equal (isequal, eq, ==)                TEXT and PATTERN are equal
//	startswith endswith contains           PATTERN is a part of TEXT
//	regexp (re)                            TEXT matches the regular expression PATTERN
//	ishigher > ishigherequal >= islower < islowerequal <=
//	                                       whole numbers; nothing is 0, what is no number meets none
//	ipv4in ipv6in                          TEXT is an address in the network PATTERN
//
// # Results
//
// Each action says what comes next: the next rule ("next"); the handler behind the table
// ("continue"), and so does the end of the table; or nothing any more ("break"). goto has a later
// rule be the next one, never an earlier one: no request goes round. A request goes on to the
// handler only if no rule has begun an answer. That has its head then: redirect, return, static,
// rpcraw, a status of break and what sends the request on add nothing to it, and end the table.
//
// # Texts
//
// In an action's arguments and in a test's texts, $1 to $9 are the groups of the rule's regular
// expression, empty where one took no part, and $0 is all that it matched; ${VAR} is a variable of
// the request, empty where there is none. Functions of what is in the brackets:
//
//	${cookie[NAME]} ${qs[NAME]}            a cookie; an item of the query, as it was encoded
//	${base64[VAR]} ${hex[VAR]} ${upper[VAR]} ${lower[VAR]}
//	${mime[VAR]}                           the type of a file of that name
//	${time[unix]} ${time[micros]}          the time since 1970
//	${httptime[SECONDS]}                   the time in so many seconds, as HTTP has it
//	${uwsgi[pid]} ${uwsgi[uuid]} ${uwsgi[status]} ${uwsgi[wid]}
//
// %V is the version. All else stands for itself: $$, $x, a brace that is not closed. A text is
// expanded in one pass: what is put in is not looked at again.
//
// # Actions
//
//	next: last: continue:          only the result
//	break:                         closes without an answer, unless there is one; break:403 Forbidden answers so, with no body
//	goto:LABEL                     next is the rule with the label, or with the number, from 0
//	log:TEXT                       writes a line to the log, and logvar:NAME=TEXT adds to those of this request
//	return:404                     answers so, with the phrase as the body, and break (break-with-status)
//	status:404 Not Found           the status of what rules answer
//	clearheaders:404 Not Found     likewise, and takes away the fields that the answer has so far, but for those of addheader
//	addheader:NAME: TEXT           adds a field to the answer, whoever makes it; setheader: in the place of others
//	delheader:NAME                 takes a field away (remheader)
//	addvar:NAME=TEXT               gives the request a variable
//	setpathinfo:TEXT               likewise PATH_INFO; setscriptname, seturi, setmethod, setuser, setremoteaddr, setdocroot
//	fixpathinfo:                   takes SCRIPT_NAME off PATH_INFO
//	basicauth:REALM,USER:PASSWORD  the client must be USER; REMOTE_USER is then. basicauth-next: leaves others to the next rule
//	basicauth:REALM,FILE           or one of a file of htpasswd -s or -m, which is read again once it has changed
//	rewrite:/PATH?QUERY            gives it another path; see below. rewrite-last: and continue
//	redirect:URL                   302, and break; redirect-permanent: 301
//	send:TEXT                      adds to the answer's body; send-crnl: with the end of a line
//	static:/DIRECTORY/FILE         answers with a file, and break; behind status:404 that is the page of it
//	rpc:FUNCTION TEXT...           answers with a function's result, and break (call)
//	rpcnext:FUNCTION TEXT...       adds the result to the answer's body, and next (rpcblob)
//	rpcraw:FUNCTION TEXT...        answers with a result that is a whole HTTP response, and break; next if it is empty
//	rpcvar:VAR FUNCTION TEXT...    gives the request a variable; it is empty if the call fails
//	rpcret:FUNCTION TEXT...        what the function says is the result: next, continue, break, break 403 Forbidden,
//	                               goto LABEL; anything else is continue, and nothing is a failure
//
// FUNCTION is one of this process, or of a node: part1@192.168.173.100:3031. Arguments are parted
// by spaces before they are expanded: one with a space in its value is one. rpcnext rules of nodes
// that follow one another are called at once, and their results sent in the rules' order; so one
// that fails does not keep those behind it from being called. With a rule of another kind between
// two, a label say, the second is called when the first is done.
//
// Further actions are the Environment's: endpoint.Backends has uwsgi:, http:, fastcgi:, scgi: and
// cgi:, which send the request on.
//
// # Where we differ from uWSGI
//
// A text is expanded once. uWSGI looks for ${VAR} in what it has put in for $1, so that a path can
// read the server's variables. Its regular expressions are PCRE's, ours Go's (RE2), in which no
// pattern takes long: they have no (?=) and (?!), no \1, no (?>) and a++, and each is an error that
// says what to write instead. "$" is the end, not the place before a last line break; "." is a
// character of UTF-8, not a byte.
//
// A call that fails is answered 502 (503, 504), and one without a result is an empty answer; uWSGI
// sends nothing for either. So is a rule that cannot be carried out answered 500, as a goto to
// nowhere of a label that a request has chosen; one that is written out is an error at the start,
// as is a group that the rule does not have, an unknown function, and more than 254 arguments.
//
// Rules see what earlier ones have changed: addvar of PATH_INFO, and addheader before delheader. A
// file that is not there is a 404. rpc after rpcnext adds to the answer.
//
// rewrite changes REQUEST_URI, too, as net/http's handlers and backends by HTTP know the path by
// nothing else; setpathinfo leaves it. Of what is put into a path, a query or a redirect,
// REQUEST_URI, QUERY_STRING, qs and the groups of these are encoded already, and all else is
// encoded: a decoded path brings no query with it. A redirect to /$1 stays on its host whatever the
// path, as two slashes at the beginning become one unless the rule has written them. static's
// directory is written out, or is ${DOCUMENT_ROOT}, and no name leads out of it. An address may
// have variables in it that rules have set, as rpcvar does, and none that came with the request.
//
// Of what uWSGI's configuration puts in, %V alone is known. %(NAME) and $(NAME) are an error, and
// so is a rule that depends on its if-exists, for and the like, as it would be for every request.
// Its other letters, as %d, stand for themselves.
//
// basicauth's password is never told: it is *** where a rule is shown. The scheme may be written in
// any case. Of a file's forms uWSGI knows {SHA} and crypt's DES, and passes over a line of another;
// here {SHA}, $apr1$ and $1$ are known, and another is an error at the start. A file that is not
// there is, too. fixpathinfo leaves a path that is not below SCRIPT_NAME.
//
// rpcnext sets no Connection field. send's text is a body, never a head. An answer that rules have
// begun ends with the table, and does not go on to the handler. Content-Length cannot be set.
// uWSGI's caches, offloading and its response, error and final routes are not here.
package route
