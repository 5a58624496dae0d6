// Command casescript is the CGI program of the tests that run the cases of protocoltest by CGI. It
// serves one request of the case that HTTP_X_CASE names. With a URL in CASE_BACKEND it sends the
// request on there, as the middle of a chain.
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
	name := os.Getenv("HTTP_X_CASE")
	h, lim := protocoltest.Handler(name)
	if url := os.Getenv("CASE_BACKEND"); url != "" {
		h = sendingOn(url)
	}
	if err := (&cgi.Program{Limits: lim, Observe: protocoltest.Observe(name)}).Serve(h); err != nil {
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
	return &gateway.Proxy{Backend: client, Name: protocoltest.Behind, FullDuplex: true}
}
