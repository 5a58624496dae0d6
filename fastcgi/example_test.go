package fastcgi_test

import (
	"context"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/netip"
	"os"
	"sync"

	"github.com/postern-gateway/postern/fastcgi"
	"github.com/postern-gateway/postern/protocol"
)

// serve serves h on one connection and returns the front's end of it. Programs use a
// gateway.Server, which has listeners.
func serve(p fastcgi.Protocol, h protocol.Handler) (front net.Conn, wait func()) {
	front, ours := net.Pipe()
	done := make(chan bool)
	go func() {
		defer close(done)
		loop := &protocol.Loop{Handler: h}
		loop.Serve(context.Background(), p.NewConn(ours, nil))
	}()
	return front, func() { front.Close(); <-done }
}

// A net/http handler answers over FastCGI, and a client asks it.
func Example() {
	front, wait := serve(fastcgi.Protocol{}, protocol.FromHTTP(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprintf(w, "%s %s from %s\n", r.Method, r.URL.Path, r.RemoteAddr)
	})))
	defer wait()
	client := &fastcgi.Client{Dial: func(context.Context) (net.Conn, error) { return front, nil }}
	res, err := client.RoundTrip(context.Background(), &protocol.Request{Params: protocol.Pairs(
		"REQUEST_METHOD", "GET", "REQUEST_URI", "/hello", "REMOTE_ADDR", "192.0.2.7", "REMOTE_PORT", "4711")})
	if err != nil {
		log.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	fmt.Printf("%d, %v: %s", res.Status, err, body)
	// Output: 200, <nil>: GET /hello from 192.0.2.7:4711
}

// What FCGI_WEB_SERVER_ADDRS says becomes part of the Protocol.
func ExampleProtocol() {
	addrs, err := fastcgi.ParseWebServerAddrs("199.170.183.28,199.170.183.71")
	if err != nil {
		log.Fatal(err)
	}
	p := fastcgi.Protocol{WebServerAddrs: addrs, MaxConns: 100}
	fmt.Println(p.Name(), p.WebServerAddrs)
	_, err = fastcgi.ParseWebServerAddrs("localhost")
	fmt.Println(err)
	// Output:
	// fastcgi [199.170.183.28 199.170.183.71]
	// fastcgi: read FCGI_WEB_SERVER_ADDRS: malformed: "localhost" is not an IP address
}

// An Authorizer allows a request and gives the next ones a variable.
func ExampleSetVariable() {
	front, wait := serve(fastcgi.Protocol{}, protocol.HandlerFunc(func(w protocol.ResponseWriter, r *protocol.Request) error {
		if r.Role != protocol.Authorizer || r.Params.Get("REMOTE_PASSWD") != "open sesame" {
			w.WriteHeader(http.StatusForbidden)
			return nil
		}
		fastcgi.SetVariable(w.Header(), "AUTH_GROUP", "thieves")
		return nil
	}))
	defer wait()
	client := &fastcgi.Client{Dial: func(context.Context) (net.Conn, error) { return front, nil }}
	res, err := client.RoundTrip(context.Background(), &protocol.Request{
		Role:   protocol.Authorizer,
		Params: protocol.Pairs("REMOTE_USER", "ali", "REMOTE_PASSWD", "open sesame"),
	})
	if err != nil {
		log.Fatal(err)
	}
	defer res.Body.Close()
	io.Copy(io.Discard, res.Body)
	fmt.Println(res.Status, fastcgi.Variables(res.Header))
	// Output: 200 [{AUTH_GROUP thieves}]
}

// A client keeps connections and hears what the backend complains of.
func ExampleClient() {
	front, wait := serve(fastcgi.Protocol{}, protocol.HandlerFunc(func(w protocol.ResponseWriter, r *protocol.Request) error {
		stderr, _ := protocol.Stderr(w)
		fmt.Fprintf(stderr, "no such page: %s", r.Params.Get("REQUEST_URI"))
		w.WriteHeader(http.StatusNotFound)
		return nil
	}))
	defer wait()
	client := &fastcgi.Client{
		Dial:    func(context.Context) (net.Conn, error) { return front, nil },
		MaxIdle: 1,
		Stderr:  func(r *protocol.Request, text []byte) { fmt.Printf("the backend says: %s\n", text) },
	}
	defer client.CloseIdleConnections()
	for _, uri := range []string{"/a", "/b"} {
		res, err := client.RoundTrip(context.Background(), &protocol.Request{Params: protocol.Pairs("REQUEST_METHOD", "GET", "REQUEST_URI", uri)})
		if err != nil {
			log.Fatal(err)
		}
		io.Copy(io.Discard, res.Body)
		res.Body.Close()
		fmt.Println(res.Status)
	}
	// Output:
	// the backend says: no such page: /a
	// 404
	// the backend says: no such page: /b
	// 404
}

// Requests share a connection, if the backend says that it can: each waits for the other here.
func ExampleClient_multiplex() {
	var both sync.WaitGroup
	both.Add(2)
	front, wait := serve(fastcgi.Protocol{}, protocol.HandlerFunc(func(w protocol.ResponseWriter, r *protocol.Request) error {
		both.Done()
		both.Wait()
		_, err := io.WriteString(w, "hello")
		return err
	}))
	defer wait()
	client := &fastcgi.Client{
		Dial:      func(context.Context) (net.Conn, error) { return front, nil },
		Multiplex: 8,
	}
	defer client.CloseIdleConnections()
	var all sync.WaitGroup
	for range 2 {
		all.Go(func() {
			res, err := client.RoundTrip(context.Background(), &protocol.Request{Params: protocol.Pairs("REQUEST_METHOD", "GET")})
			if err != nil {
				log.Fatal(err)
			}
			defer res.Body.Close()
			body, err := io.ReadAll(res.Body)
			fmt.Printf("%s, %v\n", body, err)
		})
	}
	all.Wait()
	// Output:
	// hello, <nil>
	// hello, <nil>
}

// A Trace prints what a client sends.
func ExampleProtocol_Decoder() {
	front, wait := serve(fastcgi.Protocol{}, protocol.HandlerFunc(func(w protocol.ResponseWriter, r *protocol.Request) error { return nil }))
	defer wait()
	client := &fastcgi.Client{Dial: func(context.Context) (net.Conn, error) {
		return traced{front, &protocol.Trace{Protocol: fastcgi.Protocol{}, Out: os.Stdout, Prefix: ">"}}, nil
	}}
	res, err := client.RoundTrip(context.Background(), &protocol.Request{Params: protocol.Pairs("REQUEST_METHOD", "GET", "REQUEST_URI", "/")})
	if err != nil {
		log.Fatal(err)
	}
	res.Body.Close()
	// Output:
	// > BEGIN_REQUEST 1 RESPONDER
	// > PARAMS 1 REQUEST_METHOD="GET" REQUEST_URI="/"
	// > PARAMS 1 end
	// > STDIN 1 end
}

// A traced connection prints what is written to it.
type traced struct {
	net.Conn
	trace io.Writer
}

func (c traced) Write(p []byte) (int, error) {
	c.trace.Write(p)
	return c.Conn.Write(p)
}

// Without FCGI_WEB_SERVER_ADDRS everybody is served.
func ExampleParseWebServerAddrs() {
	addrs, err := fastcgi.ParseWebServerAddrs("")
	fmt.Println(addrs == nil, err)
	addrs, _ = fastcgi.ParseWebServerAddrs("127.0.0.1")
	fmt.Println(addrs[0] == netip.MustParseAddr("127.0.0.1"))
	// Output:
	// true <nil>
	// true
}

func ExampleProtocol_Sniff() {
	fmt.Println(fastcgi.Protocol{}.Sniff([]byte{1, 1, 0, 1}) == protocol.StrongMatch)
	// Output: true
}

// Each byte of a record is explained.
func ExampleProtocol_Decoder_spans() {
	w := &protocol.MessageWriter{Decode: fastcgi.Protocol{}.Decoder(protocol.RequestSide), Emit: func(m protocol.Message) error {
		for _, span := range m.Spans {
			fmt.Println(span)
		}
		return nil
	}}
	io.WriteString(w, "\x01\x04\x00\x01\x00\x05\x03\x00"+"\x01\x02Abc"+"\x00\x00\x00")
	// Output:
	// 0+1 version: 1
	// 1+1 type: PARAMS
	// 2+2 requestId: 1
	// 4+2 contentLength: 5
	// 6+1 paddingLength: 3
	// 7+1 reserved: "\x00"
	// 8+1 nameLength: 1
	// 9+1 valueLength: 2
	// 10+1 nameData: "A"
	// 11+2 valueData: "bc"
	// 13+3 paddingData: "\x00\x00\x00"
}
