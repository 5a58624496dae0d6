package netio

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/postern-gateway/postern/internal/netio/netiotest"
	"github.com/postern-gateway/postern/protocol"
)

// dialing returns a pool that keeps no connection.
func dialing(dial func(context.Context) (net.Conn, error)) *Pool {
	return new(Pool).With(PoolOptions{Protocol: "wire", Dial: dial})
}

// ask sends r to a backend, with "head" for its head.
func ask(ctx context.Context, dial func(context.Context) (net.Conn, error), r *protocol.Request) (*protocol.Response, error) {
	x := &Stream{Exchange: Exchange{Pool: dialing(dial), Limits: &protocol.Limits{ResponseHead: 1 << 10}}}
	return x.RoundTrip(ctx, r, func(*protocol.Request) ([]byte, error) { return []byte("head"), nil })
}

// responses are what a backend says, and what the client makes of it. Notes on what others make of
// the same are in each row.
var responses = []struct {
	text   string
	method string
	says   string
	want   string // status, header, body
	err    string // a part of the error: of RoundTrip, or of the body if want is not empty
}{
	{text: "a status line", says: "HTTP/1.1 201 Created\r\nX: y\r\n\r\nbody", want: `201 map[X:[y]] "body"`},
	{text: "a Status field", says: "Status: 404 Nope\r\nX: y\r\n\r\nbody", want: `404 map[X:[y]] "body"`},
	{text: "both: the line wins, as in nginx and Apache", says: "HTTP/1.1 201 Created\r\nStatus: 404\r\n\r\n", want: `201 map[] ""`},
	{text: "no status", says: "Content-Type: a/b\r\n\r\nbody", want: `200 map[Content-Type:[a/b]] "body"`},
	{text: "only a Location: never a redirect inside, as in mod_proxy_scgi", says: "Location: /foo\r\n\r\n", want: `302 map[Location:[/foo]] ""`},
	{text: "lines ended by LF, on which Apache gives 502", says: "Status: 200\nX: y\n\nbody", want: `200 map[X:[y]] "body"`},
	{text: "a declared length", says: "X: y\r\nContent-Length: 4\r\n\r\nbody", want: `200 map[Content-Length:[4] X:[y]] "body"`},
	{text: "more than the declared length: Apache sends it on", says: "Content-Length: 4\r\n\r\nbody and more", want: `200 map[Content-Length:[4]] "body"`},
	{text: "less than the declared length: others end it as if it were whole", says: "Content-Length: 9\r\n\r\nbody", want: `200 map[Content-Length:[9]] "body"`,
		err: "wire: read response: upstream: 5 bytes short of its Content-Length: unexpected EOF"},
	{text: "the same length twice", says: "Content-Length: 4\r\nContent-Length: 4\r\n\r\nbody", want: `200 map[Content-Length:[4]] "body"`},
	{text: "two lengths", says: "Content-Length: 4\r\nContent-Length: 5\r\n\r\nbody", err: `parse: malformed: Content-Length "5"`},
	{text: "a length with a sign", says: "Content-Length: +4\r\n\r\nbody", err: `Content-Length "+4"`},
	{text: "a length beyond 63 bits", says: "Content-Length: 9223372036854775808\r\n\r\nbody", err: `Content-Length "9223372036854775808"`},
	{text: "HEAD: a length of nothing", method: "HEAD", says: "Content-Length: 4\r\n\r\n", want: `200 map[Content-Length:[4]] ""`},
	{text: "304 with a length", says: "Status: 304\r\nContent-Length: 4\r\n\r\n", want: `304 map[Content-Length:[4]] ""`},
	{text: "204 with a body", says: "Status: 204\r\n\r\nbody", want: `204 map[] ""`},
	{text: "chunks, as gunicorn to 26.1 sends them and nginx passes them on as text", says: "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\none\r\n4\r\n two\r\n0\r\n\r\n",
		want: `200 map[] "one two"`},
	{text: "chunks that end too early", says: "Transfer-Encoding: chunked\r\n\r\n3\r\none\r\n", want: `200 map[] "one"`, err: "wire: read response: upstream: unexpected EOF"},
	{text: "chunks that are none", says: "Transfer-Encoding: chunked\r\n\r\nhello", want: `200 map[] ""`, err: "wire: read response: upstream: "},
	{text: "another coding", says: "Transfer-Encoding: gzip, chunked\r\n\r\n", err: `unsupported: Transfer-Encoding "gzip, chunked"`},
	{text: "1xx, which nginx takes for the final one", says: "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.1 200 OK\r\nX: y\r\n\r\nbody",
		want: `200 map[X:[y]] "body"`},
	{text: "1xx without end", says: strings.Repeat("HTTP/1.1 100 Continue\r\n\r\n", 1000), err: "more than 8 interim responses"},
	{text: "nothing", says: "", err: "wire: read response head: upstream: the response ended after 0 bytes, before the end of its head: unexpected EOF"},
	{text: "half a head", says: "Status: 200\r\nX", err: "the response ended after 14 bytes"},
	{text: "a head without its empty line", says: "Status: 200\r\n", err: "the response ended after 13 bytes"},
	{text: "a head beyond the limit", says: "X: " + strings.Repeat("y", 2000) + "\r\n\r\n", err: "wire: read response head: upstream: parse: too large: "},
	{text: "an empty head", says: "\n\nbody", want: `200 map[] "\nbody"`},
	{text: "a colon after the status", says: "Status: 404: Not Found\r\n\r\nbody", want: `404 map[] "body"`},
	{text: "two statuses: the first, as in nginx", says: "Status: 404 A\r\nStatus: 500 B\r\n\r\n", want: `404 map[] ""`},
	{text: "two types: the last, as in nginx", says: "Content-Type: a/a\r\nContent-Type: b/b\r\n\r\n", want: `200 map[Content-Type:[b/b]] ""`},
	{text: "no head", says: "hello\r\n\r\n", err: `header line 1: "hello"`},
	{text: "a status out of range", says: "Status: 99\r\n\r\n", err: `status in line 1: "Status: 99"`},
	{text: "a field with a control byte", says: "X: a\x00b\r\n\r\n", err: `header value in line 1: "X: a\x00b"`},
}

func TestResponses(t *testing.T) {
	for _, row := range responses {
		t.Run(row.text, func(t *testing.T) {
			for _, cuts := range [][]byte{nil, netiotest.Single(len(row.says))} {
				dial := func(context.Context) (net.Conn, error) { return netiotest.NewScript([]byte(row.says), cuts), nil }
				res, err := ask(context.Background(), dial, &protocol.Request{Params: protocol.Pairs("REQUEST_METHOD", row.method)})
				got := ""
				if err == nil {
					var b []byte
					b, err = io.ReadAll(res.Body)
					got = fmt.Sprintf("%d %v %q", res.Status, res.Header, b)
					res.Body.Close()
				}
				if diff := cmp.Diff(row.want, got); diff != "" {
					t.Error(diff)
				}
				if (err == nil) != (row.err == "") || err != nil && (!strings.Contains(err.Error(), row.err) || !errors.Is(err, protocol.ErrUpstream)) {
					t.Errorf("got %v, want %q", err, row.err)
				}
			}
		})
	}
}

// A broken is a body that fails after some bytes.
func broken(n int, err error) io.Reader {
	return io.MultiReader(strings.NewReader(strings.Repeat("x", n)), errReader{err})
}

// A request whose body cannot be read fails of that, whatever the backend answers to the half of
// it; nothing is sent as if it were whole.
func TestRequestBodyFails(t *testing.T) {
	tooLarge := &protocol.Error{Op: "read body", Kind: protocol.ErrTooLarge, Detail: protocol.Exceeds(9, 8, "bytes")}
	for _, row := range []struct {
		text   string
		body   io.Reader
		length int64
		want   string
	}{
		{"short", strings.NewReader("four"), 5, "wire: read request body: aborted: unexpected EOF"},
		{"empty", strings.NewReader(""), 5, "wire: read request body: aborted: unexpected EOF"},
		{"long and short", broken(smallBody, io.EOF), smallBody + 5, "wire: read request body: aborted: unexpected EOF"},
		{"absent", nil, 5, "wire: read request body: aborted: ContentLength is 5 and Body is nil"},
		{"beyond a limit, which is told as it is", broken(2, tooLarge), smallBody + 5, "read body: too large: 9 > 8 bytes"},
		{"of unknown length", broken(2, tooLarge), -1, "read body: too large: 9 > 8 bytes"},
	} {
		t.Run(row.text, func(t *testing.T) {
			b := &netiotest.Backend{Reads: 1 << 20, Says: []string{"Status: 200\r\n\r\n"}}
			res, err := ask(context.Background(), b.Dial(t), &protocol.Request{Body: row.body, ContentLength: row.length})
			if err == nil {
				res.Body.Close()
			}
			if err == nil || err.Error() != row.want {
				t.Errorf("got %v, want %s", err, row.want)
			}
		})
	}
}

// The context ends the exchange at every stage: one that was cancelled is the caller's doing, one
// that ran out of time the backend's.
func TestContextEndsExchange(t *testing.T) {
	silent := &netiotest.Backend{Reads: 100}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	_, err := ask(ctx, silent.Dial(t), new(protocol.Request))
	if !errors.Is(err, protocol.ErrAborted) || !errors.Is(err, context.Canceled) {
		t.Error("cancelled:", err)
	}
	ctx, cancel = context.WithDeadline(context.Background(), time.Now().Add(time.Millisecond))
	defer cancel()
	_, err = ask(ctx, (&netiotest.Backend{Reads: 100}).Dial(t), new(protocol.Request))
	if !errors.Is(err, protocol.ErrUpstream) || protocol.Status(err) != http.StatusGatewayTimeout {
		t.Error("out of time:", err)
	}

	ctx, cancel = context.WithCancel(context.Background())
	client, server := netiotest.Unix(t)
	io.WriteString(server, "Status: 200\r\n\r\nhalf")
	res, err := ask(ctx, func(context.Context) (net.Conn, error) { return client, nil }, new(protocol.Request))
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	io.ReadFull(res.Body, make([]byte, 4))
	cancel()
	if _, err := res.Body.Read(make([]byte, 1)); !errors.Is(err, protocol.ErrAborted) || !errors.Is(err, context.Canceled) {
		t.Error("in the body:", err)
	}
}

func TestCannotConnect(t *testing.T) {
	dial := func(context.Context) (net.Conn, error) { return nil, errors.New("no route") }
	_, err := ask(context.Background(), dial, new(protocol.Request))
	if err == nil || err.Error() != "wire: connect: upstream: no route" || protocol.Status(err) != http.StatusBadGateway {
		t.Error(err)
	}
}

// A backend that answers and closes before it has read the body has answered.
func TestAnswerBeforeBodyIsSent(t *testing.T) {
	client, server := netiotest.TCP(t)
	go func() {
		io.ReadFull(server, make([]byte, 4))
		io.WriteString(server, "Content-Length: 6\r\n\r\nenough")
		server.CloseWrite()
	}()
	res, err := ask(context.Background(), func(context.Context) (net.Conn, error) { return client, nil },
		&protocol.Request{Body: strings.NewReader(strings.Repeat("x", 1<<20)), ContentLength: 1 << 20})
	if err != nil {
		t.Fatal(err)
	}
	if b, err := io.ReadAll(res.Body); string(b) != "enough" || err != nil {
		t.Errorf("%q, %v", b, err)
	}
	res.Body.Close()
	res.Body.Close()
}

// A gate is a body without end, once it is open.
type gate chan struct{}

func (g gate) Read(p []byte) (int, error) { <-g; return len(p), nil }

// A reset of which the kernel tells only the one who writes is no clean end for the one who reads.
func TestResetWhileSending(t *testing.T) {
	client, server := netiotest.TCP(t)
	body := make(gate)
	io.WriteString(server, "X: y\r\n\r\nhalf")
	res, err := ask(context.Background(), func(context.Context) (net.Conn, error) { return client, nil }, &protocol.Request{Body: body, ContentLength: 1 << 40})
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	io.ReadFull(res.Body, make([]byte, 4))
	io.ReadFull(server, make([]byte, 4))
	server.SetLinger(0)
	server.Close()
	close(body)
	res.Body.(*responseBody).x.senders.Wait() // until a write has met it
	if _, err := res.Body.Read(make([]byte, 1)); !errors.Is(err, protocol.ErrUpstream) {
		t.Error(err)
	}
}

// A deadlined notes the last deadlines that were set.
type deadlined struct {
	*netiotest.Script
	write time.Time
}

func (d *deadlined) SetWriteDeadline(t time.Time) error { d.write = t; return nil }
func (d *deadlined) SetDeadline(t time.Time) error      { d.write = t; return nil }

// A tunnel is as old as it likes.
func TestTunnelHasNoDeadline(t *testing.T) {
	c := &deadlined{Script: netiotest.NewScript([]byte("Status: 101\r\n\r\nframes"), nil)}
	res, err := ask(context.Background(), func(context.Context) (net.Conn, error) { return c, nil }, new(protocol.Request))
	if err != nil || res.Status != 101 {
		t.Fatal(res, err)
	}
	defer res.Body.Close()
	if b, err := io.ReadAll(res.Body); string(b) != "frames" || err != nil || !c.write.IsZero() {
		t.Errorf("%q, %v, %v", b, err, c.write)
	}
	if _, err := res.Body.(io.Writer).Write([]byte("still")); err != nil {
		t.Error("the other direction ended too:", err)
	}
	if got := string(c.Wrote()); got != "headstill" {
		t.Errorf("%q", got)
	}
}
