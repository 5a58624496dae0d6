// Command cgiserver is an HTTP server that spawns a CGI program for each request.
//
//	go build -o /tmp/image ./examples/cgi
//	go run ./examples/cgi/cgiserver -program /tmp/image
package main

import (
	"flag"
	"log"
	"net"

	"github.com/postern-gateway/postern/cgi"
	"github.com/postern-gateway/postern/gateway"
)

func main() {
	listen := flag.String("listen", "127.0.0.1:8087", "where to listen")
	program := flag.String("program", "/usr/lib/cgi-bin/image", "what is spawned")
	flag.Parse()

	l, err := net.Listen("tcp", *listen)
	if err != nil {
		log.Fatal(err)
	}
	log.Print("HTTP at ", l.Addr())
	// The request becomes the program's environment and standard input, its standard output the
	// response. What it writes to standard error is logged.
	spawn := &cgi.Client{Path: *program, Mount: "/cgi-bin/image"}
	server := &gateway.Server{Handler: &gateway.Proxy{Backend: spawn}}
	log.Fatal(server.ServeHTTP(l))
}
