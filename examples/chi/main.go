// Command chi serves a router from the ecosystem, go-chi/chi as it is, by FastCGI.
//
//	go run ./examples/chi
package main

import (
	"flag"
	"fmt"
	"log"
	"net"
	"net/http"

	"github.com/go-chi/chi/v5"
	"github.com/go-chi/chi/v5/middleware"

	"github.com/postern-gateway/postern/fastcgi"
	"github.com/postern-gateway/postern/gateway"
	"github.com/postern-gateway/postern/protocol"
)

func main() {
	listen := flag.String("listen", "127.0.0.1:9000", "where to listen")
	flag.Parse()

	l, err := net.Listen("tcp", *listen)
	if err != nil {
		log.Fatal(err)
	}
	log.Print("FastCGI at ", l.Addr())
	server := &gateway.Server{Handler: protocol.FromHTTP(router())}
	log.Fatal(server.Serve(l, fastcgi.Protocol{}))
}

// router is as any program of chi's has it.
func router() http.Handler {
	r := chi.NewRouter()
	r.Use(middleware.RequestID, middleware.Recoverer, middleware.Compress(5, "text/plain"))
	r.Get("/books/{id}", func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprintf(w, "book %s, asked for by %s\n", chi.URLParam(r, "id"), r.RemoteAddr)
	})
	r.Route("/admin", func(r chi.Router) {
		r.Use(middleware.BasicAuth("staff", map[string]string{"admin": "secret"}))
		r.Get("/", func(w http.ResponseWriter, r *http.Request) { fmt.Fprintln(w, "welcome") })
	})
	return r
}
