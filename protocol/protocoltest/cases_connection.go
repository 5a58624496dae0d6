package protocoltest

import (
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"strings"
	"sync"

	"github.com/postern-gateway/postern/protocol"
)

// echoingID answers with the request's id and its body.
var echoingID = failing(func(w protocol.ResponseWriter, r *protocol.Request) error {
	io.WriteString(w, r.Params.Get("HTTP_X_ID")+":")
	_, err := io.Copy(w, r.Body)
	return err
})

const noWires = "each request is a process, and there is no connection to touch"

var connectionCases = []testCase{
	{
		name:    "hundred-in-a-row",
		want:    "A hundred requests one after another each get their own answer, on one connection where the protocol keeps it.",
		handler: echoingID,
		check: func(x *trial) {
			for i := range x.times(100) {
				body := strings.Repeat("b", i*7)
				x.whole(x.do(x.post(body, "HTTP_X_ID", itoa(i))), 200, itoa(i)+":"+body)
			}
			// a connection is not kept while others wait, as they do for the start of a process
			if x.pair.has(Keep) && !x.pair.Scripts && x.dialed() > 2 {
				x.Errorf("%d connections for 100 requests in a row", x.dialed())
			}
		},
	},
	{
		name:    "sixteen-at-once",
		want:    "Sixteen clients at once, twenty requests each, with bodies of random size: no answer is ever another's.",
		handler: echoingID,
		check: func(x *trial) {
			var all sync.WaitGroup
			for i := range 16 {
				all.Go(func() {
					random := rand.New(rand.NewPCG(1, uint64(i)))
					for j := range x.times(20) {
						id, n := fmt.Sprintf("%d-%d", i, j), random.IntN(40000)
						body := strings.Repeat(string(rune('a'+i)), n)
						got := x.end(x.post(body, "HTTP_X_ID", id))
						x.whole(got, 200, id+":"+body)
					}
				})
			}
			all.Wait()
		},
	},
	{
		name: "sixteen-together",
		want: "Sixteen requests that are all being served at the same time do not wait for one another.",
		handler: native(func(w protocol.ResponseWriter, r *protocol.Request) {
			l := call(r)
			defer l.hangUp()
			l.hear()
			io.WriteString(w, r.Params.Get("HTTP_X_ID"))
		}),
		check: func(x *trial) {
			var all sync.WaitGroup
			for i := range 16 {
				all.Go(func() { x.whole(x.end(x.request("GET", "/", "HTTP_X_ID", itoa(i))), 200, itoa(i)) })
			}
			var waiting []*line
			for range 16 {
				waiting = append(waiting, x.answer())
			}
			for _, l := range waiting {
				l.say("all are here")
			}
			all.Wait()
		},
	},
	{
		name:    "closed-kept-connection",
		want:    "A connection that the server has closed between two requests is the client's to notice: the next GET is answered.",
		handler: echoingID,
		wires:   true, why: noWires,
		check: func(x *trial) {
			x.wrapAccepts(unchanged)
			for i := range 5 {
				x.whole(x.do(x.request("GET", "/", "HTTP_X_ID", itoa(i))), 200, itoa(i)+":")
				x.closeAccepted()
			}
		},
		else_: func(x *trial) { x.whole(x.do(x.post("body", "HTTP_X_ID", "1")), 200, "1:body") },
	},
	{
		name:    "backend-refuses",
		want:    "A backend that cannot be reached is an ErrUpstream, which a gateway answers with 502.",
		handler: echoingID,
		wires:   true, why: noWires,
		check: func(x *trial) {
			x.refuseDials(errors.New("nobody is at home"))
			_, err := x.try(x.request("GET", "/"))
			if !errors.Is(err, protocol.ErrUpstream) || protocol.Status(err) != 502 || !strings.Contains(err.Error(), "nobody is at home") {
				x.Errorf("RoundTrip: %v, %d", err, protocol.Status(err))
			}
		},
		else_: func(x *trial) { x.status(x.get(), 200) },
	},
	{
		name:    "backend-silent",
		want:    "A backend that takes a request and closes without a word is an ErrUpstream, never an empty 200.",
		handler: echoingID,
		wires:   true, why: noWires,
		check: func(x *trial) {
			var all sync.WaitGroup
			defer all.Wait()
			x.wrapDials(func(c net.Conn) net.Conn {
				c.Close()
				near, far := net.Pipe()
				all.Go(func() {
					far.Read(make([]byte, 10))
					far.Close()
				})
				return near
			})
			x.cut(x.end(x.request("GET", "/")))
		},
		else_: func(x *trial) { x.status(x.get(), 200) },
	},
	{
		name:    "connect-and-close",
		want:    "A peer that connects and closes without a byte, as health checks do, is no error and not worth a line in the log.",
		handler: echoingID,
		wires:   true, why: noWires,
		check: func(x *trial) {
			x.wrapAccepts(unchanged)
			for range 20 {
				x.connect().Close()
			}
			x.whole(x.do(x.post("body", "HTTP_X_ID", "1")), 200, "1:body")
			x.settle(20) // the request's own connection, which came after them, may be kept
			if s := x.log.String(); s != "" {
				x.Errorf("the log has %s", s)
			}
		},
		else_: func(x *trial) { x.status(x.get(), 200) },
	},
	{
		name:    "garbage",
		want:    "A peer that sends nonsense harms no other request, and reaches no handler.",
		handler: echoingID,
		wires:   true, why: noWires,
		check: func(x *trial) {
			for i := range x.times(20) {
				c := x.connect()
				random := rand.New(rand.NewPCG(2, uint64(i)))
				b := make([]byte, 2000)
				for j := range b {
					b[j] = byte(random.Uint32())
				}
				c.Write(b)
				c.Close()
				x.whole(x.do(x.post("body", "HTTP_X_ID", itoa(i))), 200, itoa(i)+":body")
			}
		},
		else_: func(x *trial) { x.status(x.get(), 200) },
	},
	{
		name:    "wrong-protocol",
		want:    "HTTP on a listener of another protocol is a line in the log that says in plain words what is wrong.",
		handler: echoingID,
		needs:   Variables, wires: true, why: "HTTP is the right protocol here, or there is no listener",
		check: func(x *trial) {
			c := x.connect()
			io.WriteString(c, "GET / HTTP/1.1\r\nHost: example.org\r\nUser-Agent: some front that is not well configured\r\n\r\n")
			c.(interface{ CloseWrite() error }).CloseWrite()
			io.Copy(io.Discard, c)
			c.Close()
			x.logs("HTTP")
			if x.pair.Secure {
				x.logs("without TLS on a listener of TLS")
			} else {
				x.logs("HTTP on a")
				x.logs("uses proxy_pass where")
			}
		},
		else_: func(x *trial) { x.status(x.get(), 200) },
	},
}

// connect makes a connection without a client.
func (x *trial) connect() net.Conn {
	x.Helper()
	c, err := net.Dial(x.address.Network(), x.address.String())
	if err != nil {
		x.Fatal(err)
	}
	return c
}

// closeAccepted closes the server's side of every connection since wrapAccepts.
func (x *trial) closeAccepted() {
	x.mu.Lock()
	defer x.mu.Unlock()
	for _, c := range x.accepted {
		c.Close()
	}
}

// refuseDials makes the client's dials fail from now on.
func (x *trial) refuseDials(err error) {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.refusal = err
}
