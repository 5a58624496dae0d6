// Package uwsgi speaks the uwsgi protocol of the uWSGI project (docs "The uwsgi Protocol"), as
// server and as client.
//
// A connection carries one packet, its body and one response, and ends with it. Numbers are
// little-endian, sizes count bytes:
//
//	00                              modifier1: the packet's kind
//	1a 00                           datasize: the block's, without the body; at most 65,535
//	00                              modifier2: the kind's own
//	0e 00 "REQUEST_METHOD"          the block: names and values, each after its size
//	04 00 "POST"
//	...
//	body                            raw, CONTENT_LENGTH bytes of it
//
// The response has no form of its own: it is HTTP's, from the status line to the end of the
// connection. Apache's mod_proxy_uwsgi takes no other, and nginx shows a Status field to the
// client. It is never chunked, a 1xx is never sent but 101, and the head leaves in one write.
//
// # The kinds of packet
//
// A request of any language is a request: 0 (WSGI), 5 (PSGI), 6 (Lua), 7 (Rack), 9 (CGI), 14 (PHP)
// and 30 (WSGI whose PATH_INFO still has SCRIPT_NAME in front). The handler finds both modifiers in
// [protocol.Request]. For 30 it finds what uWSGI's would: SCRIPT_NAME is cut off PATH_INFO, by
// whole elements, and modifier1 is 0, so that nobody behind it cuts again; a path that does not
// begin with SCRIPT_NAME is all PATH_INFO.
//
// 100 (ping) is answered by the protocol, and asked by [Client.Ping]. Every other kind, RPC (173)
// among them, is refused with 501, unless [Protocol.Kinds] has a row for it: see package rpc.
//
// # Limits
//
// A block is at most 65,535 bytes, whatever Limits.ParamBytes allows. The client refuses a larger
// one before it dials.
//
// # Where we differ
//
// uWSGI closes the connection without a word where a packet is not good; we answer 400, 413, 431 or
// 501. A request without any variable (datasize 0) is refused: gunicorn serves it as GET /. A
// variable without a name is refused, as uWSGI does; one without a value is good, also as the last.
// CONTENT_LENGTH is digits, or absent or empty for none: uWSGI reads "5abc" as 5.
// HTTP_TRANSFER_ENCODING says nothing of the body, which fronts have taken apart: uWSGI looks for
// chunks then. The variables by which uWSGI can be told to load a program (UWSGI_FILE, UWSGI_SETENV
// and others) are variables like any other.
//
// A response that is not whole is known by a Content-Length that it falls short of; without one it
// ends in a reset on TCP. On a Unix socket the peer's read fails with ECONNRESET behind all that
// was sent; only Linux has that.
//
// A peer that half-closes after its request counts as gone once somebody watches for that; fronts
// never do.
package uwsgi
