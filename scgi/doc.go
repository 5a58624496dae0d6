// Package scgi speaks SCGI, the Simple Common Gateway Interface (Schemenauer, 2008-06-23), as
// server and as client.
//
// A connection carries one request and one response, and ends with it:
//
//	"70:"                             the block's length in bytes: a netstring
//	    "CONTENT_LENGTH" 00 "27" 00   first, and there even when it is 0
//	    "SCGI" 00 "1" 00              anywhere in the block
//	    "REQUEST_METHOD" 00 "POST" 00
//	    ...                           names and values, each ended by a NUL
//	","                               the netstring's end
//	27 bytes of body
//
// The response has no form of its own: it is CGI's head and body, with the status in a Status
// field, up to the end of the connection. It is never chunked, a 1xx is never sent but 101, and the
// head leaves in one write.
//
// # Where we differ
//
// The specification forbids two variables of one name; fronts (nginx before 1.23) send them, and we
// keep both. The 2006 text wanted values not to be empty; fronts send empty ones, and so do we.
//
// A response that is not whole is known by a Content-Length that it falls short of; without one it
// ends in a reset on TCP. On a Unix socket the peer's read fails with ECONNRESET behind all that
// was sent; only Linux has that.
//
// A peer that half-closes after its request counts as gone once somebody watches for that; fronts
// never do.
package scgi
