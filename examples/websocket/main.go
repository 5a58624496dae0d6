// Command websocket echoes WebSocket messages, by coder/websocket as it is, over HTTP, SCGI and
// uwsgi.
//
//	go run ./examples/websocket http://127.0.0.1:8080 scgi://127.0.0.1:4000 uwsgi://127.0.0.1:3031
package main

import (
	"context"
	"log"
	"log/slog"
	"net/http"
	"os"

	"github.com/coder/websocket"

	"github.com/postern-gateway/postern/gateway"
	"github.com/postern-gateway/postern/gateway/endpoint"
	"github.com/postern-gateway/postern/protocol"
)

func main() {
	ctx, stop := endpoint.UntilSignal(context.Background(), slog.Default())
	defer stop()
	var listeners []*endpoint.Listener
	for _, url := range os.Args[1:] {
		l, err := endpoint.Listen(ctx, url)
		if err != nil {
			log.Fatal(err)
		}
		log.Print("listening at ", l.URL())
		listeners = append(listeners, l)
	}
	server := &gateway.Server{Handler: protocol.FromHTTP(http.HandlerFunc(echo))}
	if err := endpoint.Run(ctx, server, endpoint.Grace, listeners...); err != nil {
		log.Fatal(err)
	}
}

// echo sends back what it gets, until the client closes.
func echo(w http.ResponseWriter, r *http.Request) {
	c, err := websocket.Accept(w, r, nil) // answers itself what is no WebSocket
	if err != nil {
		return
	}
	defer c.CloseNow()
	for {
		kind, message, err := c.Read(r.Context())
		if err == nil {
			err = c.Write(r.Context(), kind, message)
		}
		if err != nil {
			return
		}
	}
}
