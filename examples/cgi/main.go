// Command cgi is the image server as a CGI program, which a web server spawns for each request:
// cgiserver beside it is one.
//
//	go build -o /usr/lib/cgi-bin/image ./examples/cgi
package main

import (
	"log"

	"github.com/postern-gateway/postern/cgi"
	"github.com/postern-gateway/postern/examples/internal/imageserver"
	"github.com/postern-gateway/postern/protocol"
)

func main() {
	if !cgi.IsScript() {
		log.Fatal("cgi: this is a CGI program: a web server starts it")
	}
	// Standard error, where log writes to, goes to the web server's log.
	if err := cgi.Serve(protocol.FromHTTP(imageserver.Handler())); err != nil {
		log.Fatal("cgi: ", err)
	}
}
