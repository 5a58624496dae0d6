package gateway_test

import (
	"cmp"
	"context"
	"fmt"
	"net"
	"net/http"
	"strconv"
	"time"

	"github.com/postern-gateway/postern/gateway"
	"github.com/postern-gateway/postern/protocol"
	"github.com/postern-gateway/postern/scgi"
)

// commonLog is a line of an access log in the common log format.
func commonLog(r *protocol.Request, s protocol.Summary) string {
	client, user, protocolName := r.Params.Get("REMOTE_ADDR"), r.Params.Get("REMOTE_USER"), r.Params.Get("SERVER_PROTOCOL")
	request := strconv.Quote(r.Method() + " " + r.RequestURI() + " " + cmp.Or(protocolName, "HTTP/1.1"))
	sent := "-"
	if s.BodySent > 0 {
		sent = strconv.FormatInt(s.BodySent, 10)
	}
	return fmt.Sprintf("%s - %s [%s] %s %d %s", cmp.Or(client, "-"), cmp.Or(user, "-"),
		s.Began.Format("02/Jan/2006:15:04:05 -0700"), request, s.Status, sent)
}

// An access log in the common log format, and a log of slow requests.
func ExampleServer_observe() {
	lines := make(chan string)
	srv := &gateway.Server{
		Handler: protocol.FromHTTP(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path != "/hello" {
				panic("no such page")
			}
			fmt.Fprintln(w, "hello, world")
		})),
		Observe: func(r *protocol.Request, s protocol.Summary) {
			if s.Took > time.Minute {
				fmt.Println("slow:", r.RequestURI(), s.Took, s.Backend)
			}
			s.Began = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC) // for the example's output
			lines <- commonLog(r, s)
		},
	}
	l, _ := net.Listen("tcp", "127.0.0.1:0")
	go srv.Serve(l, scgi.Protocol{})
	defer srv.Close()
	client := &scgi.Client{Dial: func(ctx context.Context) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, "tcp", l.Addr().String())
	}}
	for _, path := range []string{"/hello", "/bye"} {
		res, err := client.RoundTrip(context.Background(), &protocol.Request{Params: protocol.Pairs(
			"REQUEST_METHOD", "GET", "REQUEST_URI", path, "REMOTE_ADDR", "192.0.2.7", "SERVER_PROTOCOL", "HTTP/1.1")})
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Println(<-lines)
		res.Body.Close()
	}
	// Output:
	// 192.0.2.7 - - [02/Jan/2026:03:04:05 +0000] "GET /hello HTTP/1.1" 200 13
	// 192.0.2.7 - - [02/Jan/2026:03:04:05 +0000] "GET /bye HTTP/1.1" 500 26
}
