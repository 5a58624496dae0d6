package gateway_test

import (
	"fmt"
	"net"

	"github.com/postern-gateway/postern/gateway"
	"github.com/postern-gateway/postern/scgi"
)

func ExampleServer_Stats() {
	served := make(chan string)
	srv := &gateway.Server{Handler: text("hello\n")}
	l, _ := net.Listen("tcp", "127.0.0.1:0")
	go func() { served <- fmt.Sprint(srv.Serve(l, scgi.Protocol{})) }()
	ask(l, "/a")
	ask(l, "/b")
	srv.Close()
	fmt.Println(<-served)
	var now gateway.Stats = srv.Stats()
	fmt.Println(now.Accepted, "connections,", now.Served, "requests,", now.Failed, "failed,", now.Conns, "connections left")
	// Output:
	// 200 hello
	// 200 hello
	// gateway: server closed
	// 2 connections, 2 requests, 0 failed, 0 connections left
}
