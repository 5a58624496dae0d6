package protocol_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"time"

	"github.com/postern-gateway/postern/protocol"
)

func ExampleAppendHead() {
	h := http.Header{"Content-Type": {"text/plain"}}
	fmt.Printf("%q\n", protocol.AppendHead(nil, protocol.StatusField, 404, h))
	fmt.Printf("%q\n", protocol.AppendHead(nil, protocol.StatusLine, 404, h))
	// Output:
	// "Status: 404 Not Found\r\nContent-Type: text/plain\r\n\r\n"
	// "HTTP/1.1 404 Not Found\r\nContent-Type: text/plain\r\n\r\n"
}

func ExampleHeadForm() {
	for _, form := range []protocol.HeadForm{protocol.StatusField, protocol.StatusLine} {
		fmt.Printf("%q\n", protocol.AppendHead(nil, form, 204, nil))
	}
	// Output:
	// "Status: 204 No Content\r\n\r\n"
	// "HTTP/1.1 204 No Content\r\n\r\n"
}

func ExampleParseHead() {
	status, h, n, err := protocol.ParseHead([]byte("Location: /elsewhere\n\nbody"))
	fmt.Println(status, h, n, err)
	_, _, n, err = protocol.ParseHead([]byte("Status: 200 OK\r\nContent-"))
	fmt.Println(n, err) // more is needed
	// Output:
	// 302 map[Location:[/elsewhere]] 22 <nil>
	// 0 <nil>
}

func ExampleReadHead() {
	status, h, rest, err := protocol.ReadHead(strings.NewReader("Status: 201 Created\nX-A: 1\n\nbody"), 4096)
	fmt.Printf("%d %v %q %v\n", status, h, rest, err)
	_, _, _, err = protocol.ReadHead(strings.NewReader("Status: 201"), 4096)
	fmt.Println(err)
	// Output:
	// 201 map[X-A:[1]] "body" <nil>
	// read response head: upstream: the response ended after 11 bytes, before the end of its head: unexpected EOF
}

// Ajp would be AJP13, whose packets from the front begin with 0x12 0x34.
type Ajp struct{ protocol.Protocol }

func (Ajp) Sniff(first []byte) protocol.Match {
	if first[0] == 0x12 && first[1] == 0x34 {
		return protocol.StrongMatch
	}
	return protocol.NoMatch
}

func ExampleSniffer() {
	var p protocol.Sniffer = Ajp{} // gateway.Server.ServeAny asks each protocol that is one
	fmt.Println(p.Sniff([]byte{0x12, 0x34}) == protocol.StrongMatch, p.Sniff([]byte("GE")) == protocol.NoMatch)
	// Output: true true
}

func ExampleMatch() {
	fmt.Println(protocol.StrongMatch > protocol.WeakMatch, protocol.WeakMatch > protocol.NoMatch)
	// Output: true true
}

// An echo is a backend that answers what it is sent.
type echo struct{}

func (echo) RoundTrip(ctx context.Context, r *protocol.Request) (*protocol.Response, error) {
	if w := protocol.ContextStderr(ctx); w != nil {
		fmt.Fprintln(w, "the backend's own words")
	}
	if r.Body == nil {
		return nil, &protocol.Error{Protocol: "echo", Op: "read request", Kind: protocol.ErrUpstream, Err: errors.New("no body")}
	}
	return &protocol.Response{Status: 200, Header: http.Header{}, Body: io.NopCloser(r.Body)}, nil
}

func ExampleRoundTripper() {
	// fastcgi.Client, scgi.Client, uwsgi.Client, cgi.Client
	var client protocol.RoundTripper = echo{}
	_, err := client.RoundTrip(context.Background(), &protocol.Request{})
	fmt.Println(err, protocol.Status(err))
	// Output: echo: read request: upstream: no body 502
}

func ExampleResponse() {
	res, err := echo{}.RoundTrip(context.Background(), &protocol.Request{Body: strings.NewReader("hello\n"), ContentLength: 6})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer res.Body.Close()
	fmt.Println(res.Status)
	io.Copy(os.Stdout, res.Body)
	// Output:
	// 200
	// hello
}

func ExampleWithStderr() {
	ctx := protocol.WithStderr(context.Background(), os.Stdout)
	res, err := echo{}.RoundTrip(ctx, &protocol.Request{Body: strings.NewReader("")})
	fmt.Println(res.Status, err)
	// Output:
	// the backend's own words
	// 200 <nil>
}

func ExampleContextStderr() {
	fmt.Println(protocol.ContextStderr(context.Background()) == nil)
	// Output: true
}

// A poller is a Conn that can tell when its peer has gone, when nothing is being served, and when
// it wants another reader.
type poller struct {
	linesConn
	more func()
}

func (p *poller) Watch(gone func(cause error)) (stop func()) { return func() {} }
func (p *poller) CloseIdle() bool                            { return false }
func (p *poller) Multiplex(more func())                      { p.more = more }

func ExampleWatcher() {
	var c protocol.Conn = new(poller)
	// the core looks for it once a handler asks for the end of its context
	w, ok := c.(protocol.Watcher)
	stop := w.Watch(func(cause error) { fmt.Println("gone:", cause) })
	stop()
	fmt.Println(ok)
	// Output: true
}

func ExampleIdler() {
	var c protocol.Conn = new(poller)
	i, ok := c.(protocol.Idler) // a shutdown looks for it, and closes what is idle
	fmt.Println(ok, i.CloseIdle())
	// Output: true false
}

func (p *poller) Cut() { fmt.Println("what was sent is not whole") }

func ExampleCutter() {
	var c protocol.Conn = new(poller)
	cutter, ok := c.(protocol.Cutter) // a server that is closed looks for it, before it closes
	cutter.Cut()
	fmt.Println(ok)
	// Output:
	// what was sent is not whole
	// true
}

func ExampleMultiplexer() {
	var c protocol.Conn = new(poller)
	m, ok := c.(protocol.Multiplexer) // it calls more when another goroutine should be in Next
	m.Multiplex(func() { fmt.Println("another reader, please") })
	c.(*poller).more()
	fmt.Println(ok)
	// Output:
	// another reader, please
	// true
}

func (p *poller) TellRefused(tell func(*protocol.Request, int, error)) {
	tell(&protocol.Request{Protocol: "lines"}, 503, &protocol.Error{Protocol: "lines", Op: "read line", Kind: protocol.ErrTooLarge})
}

func ExampleRefuser() {
	var c protocol.Conn = new(poller)
	// a Loop that observes looks for it: what the Conn refuses by itself is observed too
	c.(protocol.Refuser).TellRefused(func(r *protocol.Request, status int, err error) {
		fmt.Println(status, err)
	})
	// Output: 503 lines: read line: too large
}

// A sleeper is a Conn that can be let go of while its connection is idle.
type sleeper struct {
	linesConn
	after time.Duration // 0: Next waits as long as it may
}

func (s *sleeper) ReturnIdle(after time.Duration) { s.after = after }

func (s *sleeper) Next(ctx context.Context) (*protocol.Request, protocol.Encoder, error) {
	if s.after > 0 {
		return nil, nil, protocol.ErrIdle // nothing has come for so long
	}
	return s.linesConn.Next(ctx)
}

func ExampleIdleReturner() {
	near, far := net.Pipe()
	c := &sleeper{linesConn: linesConn{Conn: far, in: bufio.NewReader(far)}}
	var r protocol.IdleReturner = c // whoever owns the connection asks
	r.ReturnIdle(time.Second)
	l := &protocol.Loop{Handler: hello}
	fmt.Println(l.Serve(context.Background(), c))

	// the connection is open: its owner serves it by a new Conn when the next request comes
	go io.WriteString(near, "GET /later\n")
	go l.Serve(context.Background(), Lines{}.NewConn(far, nil))
	io.Copy(os.Stdout, near)
	// Output:
	// the connection is idle
	// 200
	// hello from /later by lines
}
