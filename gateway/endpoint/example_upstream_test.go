package endpoint_test

import (
	"fmt"

	"github.com/postern-gateway/postern/gateway"
	"github.com/postern-gateway/postern/gateway/endpoint"
	"github.com/postern-gateway/postern/gateway/upstream"
)

// Two servers of an application, of which one gets twice as much, and a third for when both are
// out.
func ExampleNewBackend() {
	balancer := &upstream.Balancer{Policy: upstream.LeastConnections, Queue: 200}
	defer balancer.Close()
	for _, url := range []string{
		"fastcgi://10.0.0.1:9000?weight=2&max-conns=40&probe=5s&probe-by=/ping",
		"fastcgi://10.0.0.2:9000?max-conns=20&probe=5s&probe-by=/ping",
		"http://spare.example?backup=1&resolve=30s",
	} {
		backend, err := endpoint.NewBackend(url, nil)
		if err == nil {
			err = balancer.Add(backend)
		}
		if err != nil {
			fmt.Println(err)
			return
		}
	}
	srv := &gateway.Server{Handler: &gateway.Proxy{Backend: balancer}}
	defer srv.Close()
	fmt.Println(len(balancer.Stats().Backends), "backends")
	// Output: 3 backends
}
