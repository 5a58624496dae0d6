// Command onehandler is the program of the README: one handler over the protocol that it is started
// for.
package main

import (
	"fmt"
	"log"
	"net/http"

	"github.com/postern-gateway/postern/gateway/endpoint"
	"github.com/postern-gateway/postern/protocol"
)

func main() {
	http.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprintf(w, "hello, %s\n", r.URL.Path)
	})
	if err := endpoint.Serve(protocol.FromHTTP(http.DefaultServeMux)); err != nil {
		log.Fatal(err)
	}
}
