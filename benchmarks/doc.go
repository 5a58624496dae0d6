// Package benchmarks compares the protocols with each other and with their peers.
//
//	go test -bench . ./benchmarks
//
// BenchmarkServe/<protocol>/<exercise>/<variant> is one table. The exercises are get (hello,
// world), post64k (a body of 64 KiB is read) and stream1m (1 MiB in pieces of 32 KiB). The variants
// are native, http (the net/http handler by protocol.FromHTTP), the peer of the standard library
// with the same handler, and floor: a loop that only reads and writes the same bytes.
//
// The server is a process of its own, and the benchmark replays requests that our own clients
// encoded, over 8 connections at once on a Unix socket, and checks every answer. So server-ns/op is
// the CPU time, user and system, of the server alone, and server-allocs/op are its allocations.
// ns/op is the time of both sides together, which share the machine. Compare variants within one
// run only.
//
// BenchmarkRPC compares a call of uWSGI's RPC with that of uWSGI's Python worker.
//
// BenchmarkFile compares servers of a static file of 1 MiB, over HTTP on TCP: ours, net/http's and
// nginx with sendfile on.
//
// BenchmarkClient compares fastcgi.Client with net/http's, and BenchmarkProxy what FastCGI to
// FastCGI costs through gateway.Proxy with a native answer. BenchmarkPHP compares it with nginx's
// fastcgi_pass before php-fpm.
//
// BenchmarkIdle tells what an idle connection costs, BenchmarkCGI what a CGI program does.
package benchmarks
