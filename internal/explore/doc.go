// Package explore shows one request in every protocol, byte by byte: it is what stands behind the
// illustrated page.
//
// An [Input] is what the page lets people edit: a request and its answer. [Draw] sends it by each
// protocol's own client to that protocol's own server, in memory, and has the bytes of both sides
// cut into spans by the protocol's decoder. [Break] reads bytes that somebody has changed, and says
// what the parsers make of them. [Interleave] is two requests on one FastCGI connection. [Call] is
// all of it with JSON in between: the handler that [NewHandler] returns and the WebAssembly program
// in the folder wasm give it to the page, which the folder web holds and [Page] puts together.
package explore
