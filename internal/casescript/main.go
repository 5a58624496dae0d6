// Command casescript is the CGI program of the tests that run the cases of protocoltest by CGI. It
// serves one request of the case that HTTP_X_CASE names. With a URL in CASE_BACKEND it sends the
// request on there, as the middle of a chain. With CASE_BEHIND it is a chain's end, and what came
// of the request is told by the middle.
package main

import (
	"fmt"
	"os"

	"github.com/postern-gateway/postern/cgi"
	"github.com/postern-gateway/postern/gateway"
	"github.com/postern-gateway/postern/gateway/endpoint"
	"github.com/postern-gateway/postern/protocol"
	"github.com/postern-gateway/postern/protocol/protocoltest"
)

func main() {
	name, backend, behind := os.Getenv("HTTP_X_CASE"), os.Getenv("CASE_BACKEND"), os.Getenv("CASE_BEHIND")
	os.Unsetenv("CASE_BACKEND") // the environment is the request, and goes on to the backend
	os.Unsetenv("CASE_BEHIND")
	h, lim := protocoltest.Handler(name)
	if backend != "" {
		h = sendingOn(backend)
	}
	p := &cgi.Program{Limits: lim}
	if behind == "" {
		p.Observe = protocoltest.Observe(name)
	}
	if err := p.Serve(h); err != nil {
		os.Exit(1)
	}
}

// sendingOn is a handler whose backend is at url.
func sendingOn(url string) protocol.Handler {
	client, err := endpoint.NewClient(url, nil)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	if c, ok := client.RoundTripper.(*gateway.HTTPClient); ok {
		c.KeepForwarded = true
	}
	return &gateway.Proxy{Backend: client, Name: protocoltest.Behind, FullDuplex: true}
}
