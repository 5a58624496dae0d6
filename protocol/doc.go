// Package protocol is the core of Postern: what a gateway protocol is, and HTTP's rules, written
// once.
//
// A request is its meta-variables (RFC 3875 section 4.1) and a body. A response is a head and a
// body. A protocol is a way to put those on a wire; nothing else differs. So this package knows
// variables, bodies and HTTP, and no wire; a [Protocol] knows one wire, and nothing of HTTP.
//
//	net.Conn -> Protocol.NewConn -> Conn.Next -> *Request -----------------+
//	                                                                       v
//	net.Conn <- Encoder <- HTTP's rules <- ResponseWriter <------------ Handler
//
// A [Loop] pulls requests from a [Conn] and lets a [Handler] answer them. [FromHTTP] makes a
// Handler of an http.Handler, [ToHTTP] the opposite. A [RoundTripper] is the client's side of a
// protocol. A [Trace] prints what a connection says.
//
// # Half duplex
//
// Fronts are half duplex: nginx sends no more of a request's body once it has seen the head of the
// response. So a head does not leave while body is still unread. When a handler's output must go
// out first, because it is flushed or more than 4 KiB, the rest of the body is taken in:
// Limits.SpoolMemory in memory, then Limits.Spool in a temporary file. Beyond these the head goes
// out, and a later read says why it fails. A handler that returns without reading answers at once.
// http.ResponseController.EnableFullDuplex asks for both at once, and is refused behind a front
// that cannot.
package protocol
