// Package cgi speaks the Common Gateway Interface, version 1.1 (RFC 3875): one process for each
// request.
//
//	 server                                           script
//	+--------+   environment: the meta-variables     +--------+
//	|        |-------------------------------------->|        |
//	| Client |   standard input: the body            | Program|
//	|        |-------------------------------------->|        |
//	|        |   standard output: head, body         |        |
//	|        |<--------------------------------------|        |
//	|        |   standard error: for the log         |        |
//	|        |<--------------------------------------|        |
//	+--------+                                       +--------+
//
// [Client] is the server's side. It runs one program, or the scripts of a tree ([Dir]). [Serve] and
// [Program] are the other side: our own program is the script.
//
// # A script's response
//
// A head of fields, each line ended by LF or CRLF, an empty line, and the body until standard
// output is closed:
//
//	Content-Type: text/plain          a document (section 6.2.1); "Status: 404 Not Found" gives it another status
//	Location: /other?query            alone: a local redirect (6.2.2), see below
//	Location: https://example.org/    the client's to follow (6.2.3), 302 unless there is a Status
//	HTTP/1.1 200 OK                   a non-parsed-header script (section 5), by its name "nph-..."
//
// A head that is malformed, larger than the limit, or missing is a 502.
//
// A local redirect is followed here, ten times at most, if the request came by HTTP or
// [Client.LocalRedirects] is set. Behind a front the front is the server: to run another script
// there and then would bypass its access rules. So it gets a 302, as it does for a path that is
// not ours, for a request that has passed rules or mounts of ours (see [protocol.Request]), and for
// a location with a fragment.
//
// # How a process ends
//
// Each script is the leader of a process group of its own. When its request is aborted, its time is
// up or the Client is closed, the group gets SIGTERM, and SIGKILL after [Client.KillGrace]. The
// response is whole once the leader has ended and its output is at its end; [Client.LingerTime]
// bounds the wait from the first of the two to the second. If the leader was killed by a signal the
// response is an error, unless it has all of its Content-Length, and the group is stopped. An exit
// status other than 0 is only logged, because many scripts do not care for theirs. Every leader is
// reaped. A group that was stopped is watched until it is empty.
//
// # The environment
//
// It is made from the request alone (section 4.1), with these liberties that servers take:
// variables that the front adds are passed on; SCRIPT_FILENAME and REDIRECT_STATUS are set, as PHP
// wants. REMOTE_IDENT is left out, so are the fields of a connection, HTTP_PROXY in any case, and
// by default credentials. Lists among the header fields that came more than once are joined; of any
// other variable the last counts. To these come a pass-list from our own environment and
// [Client.Env]. A NUL or an empty name is a 400; more than 128 KiB in one variable, or more than
// the system takes in all, a 431.
//
// # Where we differ from the specification
//
//   - The command line of an indexed query (section 4.4) is off by default, as servers have it, and
//     a word that begins with a hyphen leaves none.
//   - A document without a Content-Type is not refused.
//   - A redirect that is local is followed only if nothing but Location is in the head.
//
// Scripts need a Unix system. On Linux a waiting script costs no thread.
package cgi
