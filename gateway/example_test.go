package gateway_test

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"

	"github.com/postern-gateway/postern/gateway"
	"github.com/postern-gateway/postern/protocol"
	"github.com/postern-gateway/postern/scgi"
)

// ask asks for a path by SCGI and prints the answer.
func ask(l net.Listener, path string) {
	c := &scgi.Client{Dial: func(ctx context.Context) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, "tcp", l.Addr().String())
	}}
	res, err := c.RoundTrip(context.Background(), &protocol.Request{Params: protocol.Pairs("REQUEST_METHOD", "GET", "PATH_INFO", path)})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer res.Body.Close()
	b, _ := io.ReadAll(res.Body)
	fmt.Printf("%d %s", res.Status, b)
}

func ExampleServer() {
	mux := http.NewServeMux()
	mux.HandleFunc("/hello", func(w http.ResponseWriter, r *http.Request) { fmt.Fprintln(w, "hello, world") })
	srv := &gateway.Server{Handler: protocol.FromHTTP(mux)}

	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		fmt.Println(err)
		return
	}
	done := make(chan error)
	go func() { done <- srv.Serve(l, scgi.Protocol{}) }()
	ask(l, "/hello")
	srv.Shutdown(context.Background())
	fmt.Println(<-done)
	// Output:
	// 200 hello, world
	// gateway: server closed
}

func ExampleListener() {
	allow, err := gateway.ParseAllow("10.0.0.0/8, ::1")
	if err != nil {
		fmt.Println(err)
		return
	}
	tcp, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		fmt.Println(err)
		return
	}
	l := &gateway.Listener{Listener: tcp, Allow: allow, Name: "the inner network's"}
	defer l.Close()
	fmt.Println(l.Name, l.Allow)
	// Output: the inner network's [10.0.0.0/8 ::1/128]
}

func ExampleAllowList() {
	allow, _ := gateway.ParseAllow("192.0.2.0/24")
	fmt.Println(allow.Admits(&net.TCPAddr{IP: net.ParseIP("192.0.2.1")}), allow.Admits(&net.TCPAddr{IP: net.ParseIP("198.51.100.1")}),
		allow.Admits(&net.UnixAddr{Name: "/run/app.sock", Net: "unix"}))
	// Output: true false true
}

func ExampleProxy() {
	// A backend, which speaks HTTP here. A client of any protocol does.
	backend, _ := net.Listen("tcp", "127.0.0.1:0")
	inner := &gateway.Server{Handler: protocol.FromHTTP(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprintln(w, "asked for", r.URL.Path)
	}))}
	go inner.ServeHTTP(backend)
	defer inner.Close()
	client := &gateway.HTTPClient{Dial: func(ctx context.Context) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, "tcp", backend.Addr().String())
	}}
	defer client.CloseIdleConnections()

	front, _ := net.Listen("tcp", "127.0.0.1:0")
	srv := &gateway.Server{Handler: &gateway.Proxy{Backend: client}}
	go srv.Serve(front, scgi.Protocol{})
	defer srv.Close()
	ask(front, "/page")
	// Output: 200 asked for /page
}

func ExampleMux() {
	where := protocol.HandlerFunc(func(w protocol.ResponseWriter, r *protocol.Request) error {
		_, err := fmt.Fprintf(w, "script %q, path %q\n", r.Params.Get("SCRIPT_NAME"), r.Params.Get("PATH_INFO"))
		return err
	})
	l, _ := net.Listen("tcp", "127.0.0.1:0")
	shop := gateway.Route{Prefix: "/shop", Handler: where}
	srv := &gateway.Server{Handler: gateway.Mux{shop, {Handler: where}}}
	go srv.Serve(l, scgi.Protocol{})
	defer srv.Close()
	ask(l, "/shop/cart")
	ask(l, "/shopping")
	// Output:
	// 200 script "/shop", path "/cart"
	// 200 script "", path "/shopping"
}

func ExampleHTTPClient() {
	l, _ := net.Listen("tcp", "127.0.0.1:0")
	srv := &gateway.Server{Handler: protocol.FromHTTP(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprint(w, r.Method, " ", r.URL, " for ", r.Header.Get("X-Forwarded-For"))
	}))}
	go srv.ServeHTTP(l)
	defer srv.Close()
	client := &gateway.HTTPClient{Dial: func(ctx context.Context) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, "tcp", l.Addr().String())
	}}
	defer client.CloseIdleConnections()
	res, err := client.RoundTrip(context.Background(), &protocol.Request{
		Params: protocol.Pairs("REQUEST_METHOD", "GET", "REQUEST_URI", "/a?b=c", "REMOTE_ADDR", "192.0.2.1"),
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer res.Body.Close()
	b, _ := io.ReadAll(res.Body)
	fmt.Println(res.Status, string(b))
	// Output: 200 GET /a?b=c for 192.0.2.1
}
