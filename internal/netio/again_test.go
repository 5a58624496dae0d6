package netio

import (
	"errors"
	"io"
	"net"
	"strings"
	"testing"

	"github.com/postern-gateway/postern/protocol"
)

// A gated body comes when ready is closed.
type gated struct {
	io.Reader
	ready chan struct{}
}

func gatedBody(text string) *gated { return &gated{strings.NewReader(text), make(chan struct{})} }

func (b *gated) Read(p []byte) (int, error) { <-b.ready; return b.Reader.Read(p) }

// A closing body counts how often it is closed.
type closing struct {
	io.Reader
	n *int
}

func (b closing) Close() error { *b.n++; return nil }

// A kept connection that the backend closes when it has the head of a request, or a part of its
// body too: the request is sent again if its body is to be had again, as one is of which little was
// read.
func TestBodyOnAClosedConnection(t *testing.T) {
	large := strings.Repeat("x", 3*smallBody)
	for _, row := range []struct {
		name, method, body string
		taken              int    // of the body, before the backend closes
		want               string // what the backend then gets, or the error
		again              error  // of GetBody; io.EOF: it succeeds; nil: there is none
	}{
		{"nothing was read", "POST", large, 0, large, nil},
		{"a part of a small body", "POST", "small", 1, "small", nil},
		{"a small part of a large body", "POST", large, 1, large, nil},
		{"a large part", "POST", large, smallBody + 1, "http: send request again: upstream: a kept connection was closed, and the request's body cannot be had again: a part of it was read", nil},
		{"a large part, and GetBody returns all of it", "POST", large, smallBody + 1, large, io.EOF},
		{"all of it, and GetBody returns it", "PUT", large, 3 * smallBody, large, io.EOF},
		{"all of it, by a method that may not be sent twice", "POST", large, 3 * smallBody, "the response ended after 0 bytes", io.EOF},
		{"a large part, and GetBody fails", "POST", large, smallBody + 1, "http: read request body: aborted: no more", errors.New("no more")},
		{"all of a body of a request that may be sent twice", "PUT", "small", 5, "small", nil},
		{"all of a body of one that may not", "POST", "small", 5, "the response ended after 0 bytes", nil},
	} {
		t.Run(row.name, func(t *testing.T) {
			body, closed := gatedBody(row.body), make(chan struct{})
			got := make(chan string, 1)
			w := &web{options: PoolOptions{MaxIdle: 2}, make: net.Pipe}
			w.serve = func(n int, c net.Conn) {
				defer c.Close()
				io.ReadFull(c, []byte("head"))
				if n > 1 {
					<-closed
					if row.taken == 0 {
						close(body.ready)
					}
					b := make([]byte, len(row.body))
					io.ReadFull(c, b)
					got <- string(b)
					io.WriteString(c, okResponse)
					return
				}
				io.WriteString(c, okResponse)
				io.ReadFull(c, []byte("head"))
				if row.taken > 0 {
					close(body.ready)
					io.ReadFull(c, make([]byte, row.taken))
				}
				close(closed)
			}
			if _, err := w.send(t, &protocol.Request{Params: protocol.Pairs("REQUEST_METHOD", "GET")}); err != nil {
				t.Fatal(err)
			}
			defer w.pool.CloseIdle()
			r := &protocol.Request{Params: protocol.Pairs("REQUEST_METHOD", row.method), Body: body, ContentLength: int64(len(row.body))}
			gone := 0
			if row.again != nil {
				r.GetBody = func() (io.Reader, error) {
					if row.again != io.EOF {
						return nil, row.again
					}
					return closing{strings.NewReader(row.body), &gone}, nil
				}
			}
			_, err := w.send(t, r)
			switch {
			case err != nil && (!strings.Contains(err.Error(), row.want) || !errors.Is(err, protocol.ErrUpstream) && row.again == nil):
				t.Errorf("got %v, want %.80q", err, row.want)
			case err == nil && row.again != nil && gone != 1:
				t.Errorf("what GetBody returned was closed %d times", gone)
			case err == nil:
				if b := <-got; b != row.want {
					t.Errorf("the backend got %.20q, want %.80q", b, row.want)
				}
			}
		})
	}
}

// What is read of a body by one who is given up is not lost to the next, and neither waits for the
// other to get all of it.
func TestRecordingIsHandedOver(t *testing.T) {
	body := gatedBody("hello")
	r := &recording{body: body}
	first, err := r.again()
	if err != nil {
		t.Fatal(err)
	}
	gone := make(chan int)
	go func() {
		n, _ := first.Read(make([]byte, 3))
		gone <- n
	}()
	second, err := r.again()
	if err != nil {
		t.Fatal(err)
	}
	close(body.ready)
	b, err := io.ReadAll(second)
	if n := <-gone; n > 3 || string(b) != "hello" || err != nil {
		t.Errorf("%d bytes, then %q, %v", n, b, err)
	}
}
