// Command http serves the image server by HTTP.
//
//	go run ./examples/http -trace
package main

import (
	"flag"
	"log"
	"net"
	"os"

	"github.com/postern-gateway/postern/examples/internal/imageserver"
	"github.com/postern-gateway/postern/examples/internal/wire"
	"github.com/postern-gateway/postern/gateway"
	"github.com/postern-gateway/postern/protocol"
)

func main() {
	listen := flag.String("listen", "127.0.0.1:8080", "where to listen")
	trace := flag.Bool("trace", false, "print what goes over the wire")
	flag.Parse()

	l, err := net.Listen("tcp", *listen)
	if err != nil {
		log.Fatal(err)
	}
	log.Print("HTTP at ", l.Addr())
	if *trace {
		l = wire.Listener(l, gateway.HTTPTracer{}, os.Stdout)
	}
	server := &gateway.Server{Handler: protocol.FromHTTP(imageserver.Handler())}
	log.Fatal(server.ServeHTTP(l))
}
