// Command split has the third part of a page, of which two uWSGI nodes have the first two.
//
//	split uwsgi://127.0.0.1:3043
package main

import (
	"context"
	"log"
	"log/slog"
	"os"

	"github.com/postern-gateway/postern/gateway"
	"github.com/postern-gateway/postern/gateway/endpoint"
	"github.com/postern-gateway/postern/uwsgi"
	"github.com/postern-gateway/postern/uwsgi/rpc"
)

func main() {
	if len(os.Args) != 2 {
		log.Fatal("usage: split LISTEN-URL")
	}
	ctx, stop := endpoint.UntilSignal(context.Background(), slog.Default())
	defer stop()
	if err := serve(ctx, os.Args[1]); err != nil {
		log.Fatal(err)
	}
}

// serve serves the part's function at a URL.
func serve(ctx context.Context, listen string) error {
	l, err := endpoint.Listen(ctx, listen)
	if err != nil {
		return err
	}
	functions := new(rpc.Registry)
	functions.Register("part3", func(context.Context, [][]byte) ([]byte, error) {
		return []byte("<p>part 3, of Go</p>\n"), nil
	})
	l.UWSGI.Kinds = map[uwsgi.Modifier]uwsgi.Kind{uwsgi.ModifierRPC: functions}
	return endpoint.Run(ctx, &gateway.Server{Handler: functions.HTTP()}, endpoint.Grace, l)
}
