// Package gateway has what stands around the protocols: a [Server] with its listeners, connections
// and shutdown; a [Proxy] that sends requests on to a backend; a [Mux] that routes them. It knows
// no protocol by name but HTTP, which is net/http's own.
//
// # Who may connect
//
// Whoever can connect to a raw protocol can say anything of a request: who the client is, which
// file to run. So a listener on an IP network admits loopback alone until its allow-list says
// otherwise; HTTP listeners go by the same list. A Unix socket always admits: its file's mode says
// who may connect.
//
// # Limits
//
// Server.MaxConns bounds the connections of all listeners together. Beyond it accepting waits, and
// so do peers in the system's queue of the listener; each listener holds at most one connection
// that it has accepted and not begun to serve.
//
// A connection costs a goroutine; one that is idle holds under 5 KB of heap and stack. One that is
// kept needs no goroutine on Linux, once it has been idle for a second; over TLS, and by HTTP/2, it
// keeps its goroutines and buffers.
//
// An HTTP/2 connection holds up to 128 KiB of bodies, and a goroutine and some 12 KiB for each of
// its requests, of which Limits.Requests may be open at once, and its head. What heads have beyond
// 8 KiB each is bounded by Limits.ConnMemory and TotalMemory: one that does not fit beside others
// is answered 503.
//
// # TLS and HTTP/2
//
// [Listener] has a configuration of TLS; a listener of tls.NewListener serves as well. HTTP/2 is
// net/http's: over TLS where ALPN tells it, and without TLS by prior knowledge, on ServeHTTP and
// ServeAny. There is no upgrade from HTTP/1.1 to it, and its streams are no [http.Hijacker]: a
// WebSocket goes by HTTP/1.1. net/http knows extended CONNECT (RFC 8441) only by
// GODEBUG=http2xconnect=1, and every CONNECT is answered 501.
//
// # Shutdown
//
// Listeners close first, so that a front that is refused goes elsewhere, without harm; what waits
// in the system's queues of them is accepted before that, beyond MaxConns too, and served as there
// is room. Then idle connections close at once, and others when they have been answered. What is
// left when the context ends is cut: requests' contexts end with a cause, and connections are reset
// where the network has that, so that nobody takes half an answer for a whole one.
//
// A listener that a successor goes on with is taken from the Server by Server.Detach before that.
package gateway
