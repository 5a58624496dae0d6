// Package protocoltest is the contract of package protocol as a runnable suite: named cases that
// every protocol's pair of server and client passes, and every chain of pairs too.
//
// A protocol runs it in one call:
//
//	func TestConformance(t *testing.T) {
//		protocoltest.Run(t, protocoltest.Pair{
//			Protocol: scgi.Protocol{},
//			Client: func(dial protocoltest.Dial, lim *protocol.Limits) protocol.RoundTripper {
//				return &scgi.Client{Dial: dial, Limits: lim}
//			},
//			Has: protocoltest.Variables | protocoltest.Hijack,
//		})
//	}
//
// A case whose feature a pair lacks is not left out: it checks that what cannot be carried is
// refused, and logs why.
//
// Handlers are found by their case's name and talk to the case over a Unix socket, never through a
// shared variable: so a protocol whose handler lives in a child process passes the same cases. That
// process is a program that serves [Handler]: see [Build].
package protocoltest
