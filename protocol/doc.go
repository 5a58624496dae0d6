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
// # For applications
//
// Whoever serves requests needs five names:
//
//   - [Handler], or [HandlerFunc], is what an application is. It gets a [Request] and writes to a
//     [ResponseWriter]. [FromHTTP] makes one of an http.Handler, [ToHTTP] the opposite.
//   - [Request] is the variables ([Params]), the body, and who sent it. [RequestFromContext] finds
//     it below FromHTTP.
//   - [Limits] bound what a peer can make us hold or wait for.
//   - [Error] is every error of the module: a kind for errors.Is, a status, one line of text.
//   - [Summary] is what one request came to, for logs and metrics: see [Loop].
//
// A server for it is gateway.Server, or [Loop] for a connection of one's own.
//
// # For protocols
//
// All else is for whoever writes a protocol or a client of one:
//
//   - the contract: [Protocol], [Conn] and [Encoder]; what a Conn may be besides: [Multiplexer],
//     [Watcher], [Idler], [IdleReturner], [Refuser], [Cutter]; what a Protocol may be: [Sniffer],
//     [Tracer]. The package protocoltest has it as a suite.
//   - the client's side: [RoundTripper] and [Response]; [BufferUnknownLength] and [Spool] for
//     bodies.
//   - heads as CGI and HTTP write them: [AppendHead], [ParseHead], [ReadHead].
//   - which variables and fields never pass: [Withheld] and its kin, [Steers].
//   - what a connection says, byte by byte: [Span], [Message], [MessageWriter], [Trace],
//     [ConnTracer].
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
