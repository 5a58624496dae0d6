// Package upstream sends requests on to several backends that do the same work. A [Balancer] is a
// protocol.RoundTripper over others, whatever their protocols, for a gateway.Proxy or a
// protocol.Transport.
//
// # The choice
//
// By [Policy] and weights, of the backends that are up; else of the backups. Where none is up, the
// one that failures took out longest ago is tried: the request would fail anyway. A backend that
// its probes have found to be down, or that is drained, is never tried: where there is no other the
// request fails with status 503.
//
// A backend whose backlog is full, or whose client has all connections in use that it may have, is
// left for another one that is up, or for a backup. Where there is none it is waited for.
//
// # Health
//
// A failure is an exchange that ends without the head of a response and by the backend's fault: it
// could not be connected to, closed, sent what is none, or took too long. An answer of whatever
// status is none, nor is a cut after the head, an end of the client, an error of the request, or a
// 503 of our own for too many requests. MaxFails and FailTimeout are those of nginx. A [Probe]
// looks after a backend by itself, and its word goes before.
//
// # The next backend
//
// A request that failed is sent to another one if nothing of it has reached the backend
// (protocol.Error.NotSent); else if its method is idempotent (RFC 9110 section 9.2.2) and not a
// byte of a response has come. Its body must be to be had again: by its GetBody, because at most
// 16 KiB of it were read, or because it was taken in, as one of unknown length is for every wire
// but HTTP. A request for a FastCGI Filter, which has a second stream, is sent once.
package upstream
