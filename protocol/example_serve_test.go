package protocol_test

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"strconv"
	"strings"
	"sync"

	"github.com/postern-gateway/postern/protocol"
	"github.com/postern-gateway/postern/scgi"
)

// Lines is a protocol as small as can be: a request is a line, "METHOD URI", a response a line with
// the status, and the body.
type Lines struct{}

func (Lines) Name() string { return "lines" }

func (Lines) NewConn(c net.Conn, lim *protocol.Limits) protocol.Conn {
	return &linesConn{Conn: c, in: bufio.NewReader(c)}
}

// linesConn yields the one request of a connection.
type linesConn struct {
	net.Conn
	in   *bufio.Reader
	done bool
}

func (c *linesConn) Next(ctx context.Context) (*protocol.Request, protocol.Encoder, error) {
	if c.done {
		return nil, nil, io.EOF
	}
	c.done = true
	line, err := c.in.ReadString('\n')
	if err != nil {
		return nil, nil, err
	}
	method, uri, ok := strings.Cut(strings.TrimSpace(line), " ")
	if !ok {
		return nil, linesEncoder{c}, &protocol.Error{Protocol: "lines", Op: "read request", Kind: protocol.ErrMalformed, Detail: strconv.Quote(line)}
	}
	r := &protocol.Request{Params: protocol.Pairs("REQUEST_METHOD", method, "REQUEST_URI", uri), Protocol: "lines", Peer: c.RemoteAddr()}
	return r, linesEncoder{c}, nil
}

// linesEncoder frames the response.
type linesEncoder struct{ c net.Conn }

func (e linesEncoder) WriteHeader(status int, h http.Header) error {
	_, err := fmt.Fprintln(e.c, status)
	return err
}
func (e linesEncoder) Write(p []byte) (int, error) { return e.c.Write(p) }
func (e linesEncoder) Flush() error                { return nil }
func (e linesEncoder) Close(cause error) error     { return nil }

// ask serves one connection by Lines and prints what comes back for a request.
func ask(h protocol.Handler, request string) {
	near, far := net.Pipe()
	var served sync.WaitGroup
	served.Go(func() {
		l := &protocol.Loop{Handler: h, Log: slog.New(slog.DiscardHandler)}
		l.Serve(context.Background(), Lines{}.NewConn(far, nil))
	})
	io.WriteString(near, request)
	b, _ := io.ReadAll(near)
	near.Close()
	served.Wait()
	fmt.Print(string(b))
}

// hello is what most examples serve.
var hello = protocol.HandlerFunc(func(w protocol.ResponseWriter, r *protocol.Request) error {
	_, err := fmt.Fprintf(w, "hello from %s by %s\n", r.RequestURI(), r.Protocol)
	return err
})

func ExampleProtocol() {
	ask(hello, "GET /here\n") // Lines is the Protocol: see the example's whole file
	// Output:
	// 200
	// hello from /here by lines
}

func ExampleConn() {
	ask(hello, "nonsense\n") // Next returns an Encoder with its error: the core answers it
	// Output:
	// 400
	// 400 Bad Request
}

func ExampleEncoder() {
	var e protocol.Encoder = linesEncoder{printer{}} // it frames, and knows no rule of HTTP
	e.WriteHeader(200, nil)
	e.Write([]byte("a piece of the body\n"))
	e.Close(nil)
	// Output:
	// 200
	// a piece of the body
}

// A printer is a connection to standard output.
type printer struct{ net.Conn }

func (printer) Write(p []byte) (int, error) { return fmt.Print(string(p)) }

func ExampleLoop() {
	near, far := net.Pipe()
	l := &protocol.Loop{Handler: hello, Limits: &protocol.Limits{Body: 1 << 20}}
	var served sync.WaitGroup
	served.Go(func() {
		if err := l.Serve(context.Background(), Lines{}.NewConn(far, l.Limits)); err != nil {
			fmt.Println(err)
		}
	})
	io.WriteString(near, "GET /\n")
	io.Copy(os.Stdout, near)
	served.Wait()
	// Output:
	// 200
	// hello from / by lines
}

func ExampleHandler() {
	var h protocol.Handler = hello
	ask(h, "GET /a%20b\n")
	// Output:
	// 200
	// hello from /a%20b by lines
}

func ExampleHandlerFunc() {
	h := protocol.HandlerFunc(func(w protocol.ResponseWriter, r *protocol.Request) error {
		return &protocol.Error{Op: "look up", Kind: protocol.ErrUnsupported, Detail: "no such thing"}
	})
	ask(h, "GET /\n") // an error before output becomes its status
	// Output:
	// 501
	// 501 Not Implemented
}

func ExampleFromHTTP() {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /items/{id}", func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprintln(w, "item", r.PathValue("id"))
	})
	ask(protocol.FromHTTP(mux), "GET /items/7\n")
	// Output:
	// 200
	// item 7
}

func ExampleToHTTP() {
	rec := httptest.NewRecorder()
	protocol.ToHTTP(hello).ServeHTTP(rec, httptest.NewRequest("GET", "/here", nil))
	fmt.Print(rec.Code, " ", rec.Body)
	// Output: 200 hello from /here by http
}

func ExampleResponseWriter() {
	h := protocol.HandlerFunc(func(w protocol.ResponseWriter, r *protocol.Request) error {
		w.WriteHeader(http.StatusAccepted)
		fmt.Fprintln(w, "one")
		if err := http.NewResponseController(w).Flush(); err != nil {
			return err
		}
		fmt.Fprintln(w, "two")
		return nil
	})
	ask(h, "GET /\n")
	// Output:
	// 202
	// one
	// two
}

func ExamplePanicError() {
	var log bytes.Buffer
	l := &protocol.Loop{Log: slog.New(slog.NewTextHandler(&log, nil)), Handler: protocol.HandlerFunc(
		func(protocol.ResponseWriter, *protocol.Request) error { panic("a bug") })}
	rec := httptest.NewRecorder()
	l.ServeHTTP(rec, httptest.NewRequest("GET", "/", nil))
	fmt.Println(rec.Code, strings.Contains(log.String(), (&protocol.PanicError{Value: "a bug"}).Error()))
	// Output: 500 true
}

func ExampleStderr() {
	h := protocol.HandlerFunc(func(w protocol.ResponseWriter, r *protocol.Request) error {
		_, own := protocol.Stderr(w) // FastCGI and CGI have one
		_, err := fmt.Fprintln(w, own)
		return err
	})
	ask(h, "GET /\n")
	// Output:
	// 200
	// false
}

func ExampleRequestFromContext() {
	app := http.HandlerFunc(func(w http.ResponseWriter, hr *http.Request) {
		r := protocol.RequestFromContext(hr.Context()) // for what has no place in an *http.Request
		fmt.Fprintln(w, r.Peer.Network())
	})
	ask(protocol.FromHTTP(app), "GET /\n")
	// Output:
	// 200
	// pipe
}

func ExampleSummary() {
	done := make(chan string, 1)
	loop := &protocol.Loop{
		Handler: protocol.HandlerFunc(func(w protocol.ResponseWriter, r *protocol.Request) error {
			_, err := io.WriteString(w, "hello, world")
			return err
		}),
		Observe: func(r *protocol.Request, s protocol.Summary) {
			done <- fmt.Sprint(r.RequestURI(), " ", s.Status, " ", s.BodySent, " ", s.Err)
		},
	}
	server, client := net.Pipe()
	go loop.Serve(context.Background(), scgi.Protocol{}.NewConn(server, nil))
	c := &scgi.Client{Dial: func(context.Context) (net.Conn, error) { return client, nil }}
	res, err := c.RoundTrip(context.Background(), &protocol.Request{Params: protocol.Pairs("REQUEST_METHOD", "GET", "REQUEST_URI", "/hello")})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer res.Body.Close()
	io.Copy(io.Discard, res.Body)
	fmt.Println(<-done)
	// Output: /hello 200 12 <nil>
}

// A byHost gives requests to a handler for each host.
type byHost map[string]protocol.Handler

func (b byHost) Serve(w protocol.ResponseWriter, r *protocol.Request) error {
	return b[r.Host()].Serve(w, r)
}

func (b byHost) Route(hr *http.Request) (h protocol.Handler, mount string) { return b[hr.Host], "" }

func ExampleRouter() {
	var r protocol.Router = byHost{"a.example": protocol.FromHTTP(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprint(w, "hello from ", r.Host)
	}))}
	rec := httptest.NewRecorder()
	protocol.ToHTTP(r).ServeHTTP(rec, httptest.NewRequest("GET", "http://a.example/", nil))
	fmt.Println(rec.Body)
	// Output: hello from a.example
}
