package endpoint_test

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"time"

	"github.com/postern-gateway/postern/gateway"
	"github.com/postern-gateway/postern/gateway/endpoint"
	"github.com/postern-gateway/postern/protocol"
)

// hello is a handler.
var hello = protocol.FromHTTP(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
	fmt.Fprint(w, "hello, ", r.URL.Path)
}))

// printAnswer asks the backend at url for a path and prints the answer.
func printAnswer(url, path string) {
	c, err := endpoint.NewClient(url, nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer c.Close()
	res, err := c.RoundTrip(context.Background(), &protocol.Request{Params: protocol.Pairs("REQUEST_METHOD", "GET", "REQUEST_URI", path)})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer res.Body.Close()
	b, _ := io.ReadAll(res.Body)
	fmt.Println(res.Status, string(b))
}

func ExampleListener() {
	l, err := endpoint.Listen(context.Background(), "uwsgi://127.0.0.1:0?allow=127.0.0.1")
	if err != nil {
		fmt.Println(err)
		return
	}
	srv := &gateway.Server{Handler: hello}
	go l.Serve(srv)
	defer srv.Close()
	printAnswer(l.URL(), "/you")
	// Output: 200 hello, /you
}

func ExampleClient() {
	l, err := endpoint.Listen(context.Background(), "auto://127.0.0.1:0")
	if err != nil {
		fmt.Println(err)
		return
	}
	srv := &gateway.Server{Handler: hello}
	go l.Serve(srv)
	defer srv.Close()
	for _, scheme := range []string{"fastcgi", "scgi", "uwsgi", "http"} {
		printAnswer(scheme+"://"+l.Addr().String(), "/"+scheme)
	}
	// Output:
	// 200 hello, /fastcgi
	// 200 hello, /scgi
	// 200 hello, /uwsgi
	// 200 hello, /http
}

func ExampleClientOptions() {
	o := &endpoint.ClientOptions{Limits: &protocol.Limits{FirstByteTimeout: time.Second}, Log: slog.New(slog.DiscardHandler)}
	c, err := endpoint.NewClient("uwsgi+unix:/run/nothing/here.sock", o)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer c.Close()
	_, err = c.RoundTrip(context.Background(), &protocol.Request{Params: protocol.Pairs("REQUEST_METHOD", "GET")})
	fmt.Println(protocol.Status(err))
	// Output: 502
}

func ExampleEndpoint() {
	var e *endpoint.Endpoint
	e, err := endpoint.Parse("scgi://127.0.0.1:4000")
	fmt.Println(e.Protocol, e.Network, e.Address, err)
	// Output: scgi tcp 127.0.0.1:4000 <nil>
}

func ExampleParse() {
	e, err := endpoint.Parse("fastcgi+unix:/run/app.sock?mode=0660&group=www-data")
	fmt.Println(e.Protocol, e.Network, e.Address, e.Mode, e.Group, err)
	_, err = endpoint.Parse("fastcgi://127.0.0.1")
	fmt.Println(err)
	// Output:
	// fastcgi unix /run/app.sock -rw-rw---- www-data <nil>
	// "fastcgi://127.0.0.1": no port in "127.0.0.1": write //HOST:PORT, as in fastcgi://127.0.0.1:9000
}

func ExampleRun() {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	l, err := endpoint.Listen(ctx, "scgi://127.0.0.1:0")
	if err != nil {
		fmt.Println(err)
		return
	}
	done := make(chan error)
	go func() { done <- endpoint.Run(ctx, &gateway.Server{Handler: hello}, endpoint.Grace, l) }()
	printAnswer(l.URL(), "/there")
	cancel()
	fmt.Println(<-done)
	// Output:
	// 200 hello, /there
	// <nil>
}
