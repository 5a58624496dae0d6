// Command scgi serves the image server by SCGI.
//
//	go run ./examples/scgi -trace
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
	"github.com/postern-gateway/postern/scgi"
)

func main() {
	listen := flag.String("listen", "127.0.0.1:4000", "where to listen")
	trace := flag.Bool("trace", false, "print what goes over the wire")
	flag.Parse()

	l, err := net.Listen("tcp", *listen)
	if err != nil {
		log.Fatal(err)
	}
	log.Print("SCGI at ", l.Addr())
	if *trace {
		l = wire.Listener(l, scgi.Protocol{}, os.Stdout)
	}
	server := &gateway.Server{Handler: protocol.FromHTTP(imageserver.Handler())}
	log.Fatal(server.Serve(l, scgi.Protocol{}))
}
