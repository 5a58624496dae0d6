package gateway_test

import (
	"context"
	"fmt"
	"net"

	"github.com/postern-gateway/postern/gateway"
	"github.com/postern-gateway/postern/scgi"
)

func ExampleServer_Detach() {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		fmt.Println(err)
		return
	}
	served := make(chan error)
	old := &gateway.Server{Handler: text("hello from the old one\n")}
	go func() { served <- old.Serve(l, scgi.Protocol{}) }()
	ask(l, "/")

	old.Detach(l) // what connects from now on waits for the successor
	fmt.Println(<-served)
	successor := &gateway.Server{Handler: text("hello from the new one\n")}
	go func() { served <- successor.Serve(l, scgi.Protocol{}) }()
	ask(l, "/")

	old.Shutdown(context.Background()) // when what it has accepted is served
	successor.Shutdown(context.Background())
	fmt.Println(<-served)
	// Output:
	// 200 hello from the old one
	// gateway: listener detached
	// 200 hello from the new one
	// gateway: server closed
}
