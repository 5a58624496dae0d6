package uwsgi_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strings"

	"github.com/postern-gateway/postern/protocol"
	"github.com/postern-gateway/postern/uwsgi"
)

// One connection is served by the core's loop. A gateway.Server does so for all of a listener's.
func ExampleProtocol() {
	server, front := net.Pipe()
	loop := &protocol.Loop{Handler: protocol.FromHTTP(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprintf(w, "%s %s", r.Method, r.URL)
	}))}
	go loop.Serve(context.Background(), uwsgi.Protocol{}.NewConn(server, nil))

	io.WriteString(front, "\x00\x30\x00\x00"+"\x0e\x00REQUEST_METHOD\x03\x00GET"+"\x0b\x00REQUEST_URI\x0c\x00/deepthought")
	answer, _ := io.ReadAll(front)
	fmt.Println(strings.ReplaceAll(string(answer), "\r\n", "\n"))
	// Output:
	// HTTP/1.1 200 OK
	// Content-Length: 16
	// Content-Type: text/plain; charset=utf-8
	//
	// GET /deepthought
}

// echo dials a server that echoes bodies.
func echo(context.Context) (net.Conn, error) {
	server, front := net.Pipe()
	loop := &protocol.Loop{Handler: protocol.HandlerFunc(func(w protocol.ResponseWriter, r *protocol.Request) error {
		_, err := io.Copy(w, r.Body)
		return err
	})}
	go loop.Serve(context.Background(), uwsgi.Protocol{}.NewConn(server, nil))
	return front, nil
}

func ExampleClient() {
	client := &uwsgi.Client{Dial: echo}
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

func ExampleClient_Ping() {
	client := &uwsgi.Client{Dial: echo}
	warning, err := client.Ping(context.Background())
	fmt.Printf("%q %v\n", warning, err)
	// Output: "" <nil>
}

func ExampleProtocol_Decoder() {
	front := &protocol.Trace{Protocol: uwsgi.Protocol{}, Out: os.Stdout, Prefix: ">"}
	io.WriteString(front, "\x00\x29\x00\x00"+"\x0e\x00REQUEST_METHOD\x04\x00POST"+"\x0e\x00CONTENT_LENGTH\x01\x002"+"hi")
	server := &protocol.Trace{Protocol: uwsgi.Protocol{}, Side: protocol.ResponseSide, Out: os.Stdout, Prefix: "<"}
	io.WriteString(server, "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n\r\nhello")
	// Output:
	// > 0 (WSGI) 0 REQUEST_METHOD="POST" CONTENT_LENGTH="2"
	// > body "hi"
	// < head 200 Content-Type="text/plain"
	// < body "hello"
}

func ExampleProtocol_Sniff() {
	// any bytes are a weak match
	fmt.Println(uwsgi.Protocol{}.Sniff([]byte{0, 0x30, 0, 0}) == protocol.WeakMatch)
	// Output: true
}

// Each byte of a request is explained.
func ExampleProtocol_Decoder_spans() {
	w := &protocol.MessageWriter{Decode: uwsgi.Protocol{}.Decoder(protocol.RequestSide), Emit: func(m protocol.Message) error {
		for _, span := range m.Spans {
			fmt.Println(span)
		}
		return nil
	}}
	io.WriteString(w, "\x00\x15\x00\x00"+"\x0e\x00REQUEST_METHOD\x03\x00GET")
	// Output:
	// 0+1 modifier1: 0 (WSGI)
	// 1+2 datasize: 21
	// 3+1 modifier2: 0
	// 4+2 key_size: 14
	// 6+14 key: "REQUEST_METHOD"
	// 20+2 val_size: 3
	// 22+3 val: "GET"
}

// upper is a kind of packet whose answer is its block in upper case, without a header.
type upper struct{}

func (upper) Open(uwsgi.Header, net.Addr) (uwsgi.Service, error) { return upper{}, nil }

func (upper) HTTP() bool { return false }

func (upper) Serve(w protocol.ResponseWriter, _ *protocol.Request, block []byte) error {
	_, err := w.Write(bytes.ToUpper(block))
	return err
}

func (upper) AppendHead(dst []byte, status int, _ http.Header) ([]byte, bool) {
	return dst, status == http.StatusOK
}

func ExampleKind() {
	p := uwsgi.Protocol{Kinds: map[uwsgi.Modifier]uwsgi.Kind{uwsgi.ModifierEcho: upper{}}}
	server, client := net.Pipe()
	go new(protocol.Loop).Serve(context.Background(), p.NewConn(server, nil))

	client.Write(append(uwsgi.AppendHeader(nil, uwsgi.Header{Modifier1: uwsgi.ModifierEcho, Size: 5}), "hello"...))
	answer, _ := io.ReadAll(client)
	fmt.Printf("%s\n", answer)
	// Output: HELLO
}

func ExampleConsumeVariables() {
	block := uwsgi.AppendString(uwsgi.AppendString(nil, "REQUEST_METHOD"), []byte("GET"))
	params, err := uwsgi.ConsumeVariables(block, 100)
	fmt.Println(params.Get("REQUEST_METHOD"), err)
	// Output: GET <nil>
}

func ExampleModifier_String() {
	fmt.Println(uwsgi.ModifierRPC)
	// Output: 173 (RPC)
}
