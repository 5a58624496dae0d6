package scgi_test

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strings"

	"github.com/postern-gateway/postern/protocol"
	"github.com/postern-gateway/postern/scgi"
)

// One connection is served by the core's loop. A gateway.Server does so for all of a listener's.
func ExampleProtocol() {
	server, front := net.Pipe()
	loop := &protocol.Loop{Handler: protocol.FromHTTP(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprintf(w, "%s %s", r.Method, r.URL)
	}))}
	go loop.Serve(context.Background(), scgi.Protocol{}.NewConn(server, nil))

	io.WriteString(front, "68:CONTENT_LENGTH\x000\x00SCGI\x001\x00REQUEST_METHOD\x00GET\x00REQUEST_URI\x00/deepthought\x00,")
	answer, _ := io.ReadAll(front)
	fmt.Println(strings.ReplaceAll(string(answer), "\r\n", "\n"))
	// Output:
	// Status: 200 OK
	// Content-Length: 16
	// Content-Type: text/plain; charset=utf-8
	//
	// GET /deepthought
}

func ExampleClient() {
	client := &scgi.Client{Dial: func(context.Context) (net.Conn, error) {
		server, front := net.Pipe()
		loop := &protocol.Loop{Handler: protocol.HandlerFunc(func(w protocol.ResponseWriter, r *protocol.Request) error {
			_, err := io.Copy(w, r.Body)
			return err
		})}
		go loop.Serve(context.Background(), scgi.Protocol{}.NewConn(server, nil))
		return front, nil
	}}
	res, err := client.RoundTrip(context.Background(), &protocol.Request{
		Params:        protocol.Pairs("REQUEST_METHOD", "POST", "REQUEST_URI", "/echo"),
		Body:          strings.NewReader("hello"),
		ContentLength: 5,
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	fmt.Printf("%d %s %v\n", res.Status, body, err)
	// Output: 200 hello <nil>
}

func ExampleProtocol_Decoder() {
	front := &protocol.Trace{Protocol: scgi.Protocol{}, Out: os.Stdout, Prefix: ">"}
	io.WriteString(front, "44:CONTENT_LENGTH\x002\x00SCGI\x001\x00REQUEST_METHOD\x00POST\x00,hi")
	server := &protocol.Trace{Protocol: scgi.Protocol{}, Side: protocol.ResponseSide, Out: os.Stdout, Prefix: "<"}
	io.WriteString(server, "Status: 200 OK\r\nContent-Type: text/plain\r\n\r\nhello")
	// Output:
	// > request CONTENT_LENGTH="2" SCGI="1" REQUEST_METHOD="POST"
	// > body "hi"
	// < head 200 Content-Type="text/plain"
	// < body "hello"
}

func ExampleProtocol_Sniff() {
	fmt.Println(scgi.Protocol{}.Sniff([]byte("70:CONTENT_LENGTH")) == protocol.StrongMatch)
	// Output: true
}

// Each byte of a request is explained.
func ExampleProtocol_Decoder_spans() {
	w := &protocol.MessageWriter{Decode: scgi.Protocol{}.Decoder(protocol.RequestSide), Emit: func(m protocol.Message) error {
		for _, span := range m.Spans {
			fmt.Println(span)
		}
		return nil
	}}
	io.WriteString(w, "24:CONTENT_LENGTH\x002\x00SCGI\x001\x00,hi")
	// Output:
	// 0+2 length: 24
	// 2+1 colon: ":"
	// 3+14 name: "CONTENT_LENGTH"
	// 17+1 NUL: "\x00"
	// 18+1 value: "2"
	// 19+1 NUL: "\x00"
	// 20+4 name: "SCGI"
	// 24+1 NUL: "\x00"
	// 25+1 value: "1"
	// 26+1 NUL: "\x00"
	// 27+1 comma: ","
	// 28+2 body: "hi"
}
