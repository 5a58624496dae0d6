// Package load drives a server with one request, sent again and again, and checks every answer.
//
// The request is encoded once, by the project's own client of its protocol, and its bytes are
// replayed. A response is parsed as far as is needed to find its end, its status and its body,
// which must be the one that is wanted. So the generator costs little beside the server that shares
// the machine with it.
//
//	wire := load.WireNamed("fastcgi-kept")
//	request, err := wire.Encode(r)
//	g, err := load.New(load.Config{Wire: wire, Network: "unix", Address: "/run/app.sock",
//		Request: request, Want: []byte("hello, world\n"), Connections: 32})
//	defer g.Close()
//	g.Run(ctx, load.Pace{Duration: 100 * time.Millisecond}) // to warm up
//	result, err := g.Run(ctx, load.Pace{Duration: time.Second})
//
// A run ends when the last of its requests has been answered, and counts each of them. What a
// server spends from the beginning to the end of a run is therefore what the run's requests cost.
//
// A run without a rate is a closed loop: a connection sends its next request when it has the answer
// to the one before, and a latency is the time between the two. A run at a rate is an open loop:
// requests are due at fixed times. Where a connection is still busy at such a time, the latency
// counts from that time and not from when the request could be sent at last, so that a server that
// stops for a moment shows in each request that was due in it (coordinated omission).
package load
