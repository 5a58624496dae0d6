// Command fastcgi serves the image server by FastCGI.
//
//	go run ./examples/fastcgi -trace
package main

import (
	"flag"
	"log"
	"net"
	"os"

	"github.com/postern-gateway/postern/examples/internal/imageserver"
	"github.com/postern-gateway/postern/examples/internal/wire"
	"github.com/postern-gateway/postern/fastcgi"
	"github.com/postern-gateway/postern/gateway"
	"github.com/postern-gateway/postern/protocol"
)

func main() {
	listen := flag.String("listen", "127.0.0.1:9000", "where to listen")
	trace := flag.Bool("trace", false, "print what goes over the wire")
	flag.Parse()

	l, err := net.Listen("tcp", *listen)
	if err != nil {
		log.Fatal(err)
	}
	log.Print("FastCGI at ", l.Addr())
	if *trace {
		l = wire.Listener(l, fastcgi.Protocol{}, os.Stdout)
	}
	server := &gateway.Server{Handler: protocol.FromHTTP(imageserver.Handler())}
	log.Fatal(server.Serve(l, fastcgi.Protocol{}))
}
