// Package fastcgi speaks FastCGI 1.0, both sides of it: [Protocol] is the application that a web
// server calls, [Client] calls one.
//
// # The wire
//
// A connection carries records, each way. A record is a header of 8 bytes, up to 65,535 bytes of
// content and up to 255 bytes of padding; numbers are big-endian:
//
//	+---------+------+----+----+----+----+---------+----------+---------+---------+
//	| version | type |   id    | content | padding | reserved | content | padding |
//	|    1    |      |         | length  | length  |    0     |         |         |
//	+---------+------+----+----+----+----+---------+----------+---------+---------+
//
// The id says which request a record belongs to, so that several may share the connection; 0 is the
// connection itself. One request is this conversation (> from the front, < from the application):
//
//	> BEGIN_REQUEST 1 RESPONDER KEEP_CONN
//	> PARAMS 1 REQUEST_METHOD="POST" CONTENT_LENGTH="5"
//	> PARAMS 1 end
//	> STDIN 1 "hello"
//	> STDIN 1 end
//	< STDOUT 1 "Status: 200 OK\r\n\r\nhello"
//	< STDOUT 1 end
//	< END_REQUEST 1 REQUEST_COMPLETE 0
//
// PARAMS, STDIN, STDOUT, STDERR and DATA are streams: any number of records, then an empty one.
// PARAMS holds name-value pairs, a pair being both lengths (one byte below 128, else four bytes
// whose first bit is set) and both texts. A head in STDOUT begins with a Status field (RFC 3875
// section 6), not with a status line.
//
// # What is supported
//
// All of the specification that concerns an application: the roles Responder, Authorizer and
// Filter, management records, ABORT_REQUEST, every protocolStatus, KEEP_CONN, STDERR, multiplexing,
// FCGI_WEB_SERVER_ADDRS. A request is given to its handler at the end of its PARAMS: STDIN may be
// late, or never come (Apache's mod_authnz_fcgi sends none).
//
// GET_VALUES is answered with what is true of this connection: FCGI_MAX_REQS is how many requests
// it takes at once, as HAProxy understands it: Limits.Requests, or one for each 5 KiB of
// Limits.ConnMemory, by default 32; FCGI_MAX_CONNS is told only where
// Protocol.MaxConns says it.
//
// # Multiplexing
//
// FastCGI has no flow control, so whoever reads the connection must put what it reads somewhere. A
// request's body waits in memory for its handler, up to 128 KiB or what Limits.ConnMemory leaves.
// When that is full and the request is alone on its connection, the connection is not read until
// the handler reads, and the front waits. After 50 ms in which the handler neither reads nor waits
// for its answer to be taken (250 ms where it has read before), or when other requests share the
// connection, more goes to a temporary file of at most Limits.Spool bytes (in growing steps while
// it is alone). Beyond that the handler's next read fails with an ErrTooLarge and the rest of that
// body is dropped. The other requests never wait for it.
//
// A connection may have Limits.Requests requests open; one counts until its handler has returned,
// also when the front has taken it back. A further one is answered 503 (or
// FCGI_OVERLOADED, or FCGI_CANT_MPX_CONN where the limit is one: Protocol.RetryAfter).
//
// Limits.ConnMemory is what all of them hold in memory, ConnSpool and ConnFiles what they hold on
// disk, whatever the peer sends. The handlers that run count too: by default 8 of one connection
// run at once, or fewer while 4 of them wait for the peer to take their answers, and the other
// requests wait their turn. Variables that do not fit are answered 503, a body that does not fails
// alone. The connection itself takes some 50 KiB besides. Limits.Budget bounds all connections
// together.
//
// A connection that carries one request at a time pays for none of this: its handler reads the body
// from the connection itself.
//
// # Ends
//
// END_REQUEST is sent once for each request, when its handler has returned; the id is free from
// then on and not before. ABORT_REQUEST and the loss of the connection end the request's context.
//
// A response that is not whole must not look as if it were, and FastCGI has no record for that:
// Apache and lighttpd ignore appStatus and protocolStatus, HAProxy takes END_REQUEST itself for the
// end of the body. So when the request is alone, the connection is closed without END_REQUEST, on
// TCP by a reset, because nginx without fastcgi_keep_conn takes a plain end for the response's.
// When others share the connection, END_REQUEST comes with appStatus 1 and without the end of
// STDOUT; a front then notices if the response had a Content-Length.
//
// A response may be whole before the request is. With KEEP_CONN the rest of the request is skipped;
// without it the connection is half-closed and drained for a while, because a front that still
// writes would lose the response otherwise.
//
// # Roles
//
// A Filter reads Request.Data, after Body has been read to its end: DATA follows STDIN. An
// Authorizer has no body; what it gives to the requests that follow it sets with [SetVariable].
//
// # The client
//
// [Client] reads such marks: an appStatus other than 0 without an end of STDOUT is a response that
// is not whole, while php-fpm's missing end of STDOUT and a program's exit status are none. The end
// of a connection is never the end of a response.
//
// With [Client.Multiplex] requests share connections, as far as the backend can. What several have
// to send leaves in one write of at most 64 KiB, in the order in which they came. What comes of an
// answer waits in memory for its reader, up to 64 KiB. When that is full and the request is alone
// on its connection, the connection is not read until the reader reads, and the backend waits. When
// others share the connection they wait for 5 ms; then more goes to a temporary file of at most
// Limits.Spool bytes, and the connection carries no further request while another can be dialled,
// so that the slow reader is soon alone. Beyond that its answer fails and the request is given up.
// Limits.Budget counts what is held.
//
// A request that is given up is taken back by ABORT_REQUEST, and its id is not used again. It
// counts as open until END_REQUEST comes, for Limits.ReadTimeout at most: then the connection is
// closed when the others on it have ended. If one of its records is being written, that has 5
// seconds, as nobody else can write meanwhile. A record of a request that is not open, one after
// the end of its stream, or of a type that only fronts send, ends the connection, and each request
// on it fails. A request is sent again by the rules of a kept connection, if others were answered
// on its own.
//
// # Where this differs from the specification
//
//   - Without KEEP_CONN on one of several requests, the connection closes when all have ended, not
//     with the first.
//   - A record for an unknown request id is skipped, also when the id was never begun.
//   - A CONTENT_LENGTH of -1 is one that is not known, as an empty one is: Caddy 2.6 writes it for
//     a chunked body.
//   - The names of an Authorizer's variables are in upper case.
//   - STDERR is written with control characters escaped, because fronts copy it to their logs.
package fastcgi
