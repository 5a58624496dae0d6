package endpoint

import (
	"context"
	"errors"
	"io"
	"net"
	"os"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/postern-gateway/postern/protocol"
)

// A step is what a backend says, and when: from its connection's start.
type step struct {
	at   time.Duration
	says string
}

// speaking has e's backend read all that comes, and say its steps; then it closes.
func speaking(e *Endpoint, steps ...step) {
	e.connect = func(context.Context, string, string) (net.Conn, error) {
		ours, theirs := net.Pipe()
		began, begun := time.Now(), make(chan struct{})
		go func() {
			theirs.Read(make([]byte, 64<<10))
			close(begun)
			io.Copy(io.Discard, theirs)
		}()
		go func() {
			defer theirs.Close()
			<-begun
			for _, s := range steps {
				<-time.After(s.at - time.Since(began))
				if _, err := io.WriteString(theirs, s.says); err != nil {
					return
				}
			}
		}()
		return ours, nil
	}
}

// halves are a response of two bytes, in two pieces.
func halves(scheme string) (first, second string) {
	head := "Status: 200\r\nContent-Length: 2\r\n\r\n"
	switch scheme {
	case "fastcgi":
		return record(6, head+"o"), record(6, "k") + record(3, strings.Repeat("\x00", 8))
	case "http":
		head = strings.Replace(head, "Status:", "HTTP/1.1", 1)
	}
	return head + "o", "k"
}

// large is a body that no client takes in before it sends its request.
const large = 32 << 10

// slow reads as a large body whose last byte comes after d.
func slow(d time.Duration) *io.PipeReader {
	r, w := io.Pipe()
	go func() {
		w.Write(make([]byte, large-1))
		<-time.After(d)
		w.Write(make([]byte, 1))
		w.Close()
	}()
	return r
}

// A client that stalls in its body, while the response has begun, is not its backend's fault, which
// has its whole time after that; but no more. The end of a response, whole or not, is not held up
// by it.
func TestStallOfTheClient(t *testing.T) {
	const stall = 10 * time.Minute
	for _, scheme := range []string{"fastcgi", "fastcgi filter", "scgi", "uwsgi", "http", "http chunked"} {
		for _, row := range []struct {
			then, took time.Duration // when the backend says the rest; when all is over
			dies       bool          // instead
			err        error
		}{
			{stall + 59*time.Second, stall + 59*time.Second, false, nil},
			{stall + 61*time.Second, stall + 60*time.Second, false, os.ErrDeadlineExceeded},
			{time.Second, time.Second, false, nil}, // an answer that is whole waits for no body
			{time.Second, time.Second, true, io.ErrUnexpectedEOF},
		} {
			synctest.Test(t, func(t *testing.T) {
				name, kind, _ := strings.Cut(scheme, " ")
				e := parsed(t, name+"+unix:/backend")
				first, second := halves(name)
				if row.dies {
					second = ""
				}
				speaking(e, step{0, first}, step{row.then, second})
				began, body := time.Now(), slow(stall)
				r := &protocol.Request{Params: protocol.Pairs("REQUEST_METHOD", "POST", "REQUEST_URI", "/"), Body: body, ContentLength: large}
				switch kind {
				case "filter":
					r.Role, r.Data, r.DataLength, r.Body, r.ContentLength = protocol.Filter, r.Body, large, nil, 0
				case "chunked":
					r.ContentLength = -1
				}
				c, err := e.Client(nil)
				if err != nil {
					t.Fatal(err)
				}
				defer c.Close()
				res, err := c.RoundTrip(t.Context(), r)
				if err != nil {
					t.Fatal(scheme, err)
				}
				b, err := io.ReadAll(res.Body)
				res.Body.Close()
				took := time.Since(began)
				body.Close()
				<-time.After(2 * stall) // for the backend's last step
				if !errors.Is(err, row.err) || err == nil && string(b) != "ok" || took != row.took {
					t.Errorf("%s, the rest after %v: %q, %v after %v", scheme, row.then, b, err, took)
				}
			})
		}
	}
}

// After a 101 there is no deadline any more.
func TestTunnelHasNoDeadline(t *testing.T) {
	for _, scheme := range []string{"scgi", "uwsgi", "http"} {
		synctest.Test(t, func(t *testing.T) {
			e := parsed(t, scheme+"+unix:/backend")
			head := "Status: 101\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n"
			if scheme == "http" {
				head = strings.Replace(head, "Status: 101", "HTTP/1.1 101 Switching Protocols", 1)
			}
			speaking(e, step{0, head}, step{24 * time.Hour, "good "}, step{48 * time.Hour, "morning"})
			c, err := e.Client(nil)
			if err != nil {
				t.Fatal(err)
			}
			defer c.Close()
			res, err := c.RoundTrip(t.Context(), &protocol.Request{Params: protocol.Pairs("REQUEST_METHOD", "GET", "REQUEST_URI", "/",
				"HTTP_CONNECTION", "Upgrade", "HTTP_UPGRADE", "echo")})
			if err != nil {
				t.Fatal(err)
			}
			defer res.Body.Close()
			go func() {
				<-time.After(36 * time.Hour)
				if _, err := res.Body.(io.Writer).Write([]byte("ours")); err != nil {
					t.Error(scheme, err)
				}
			}()
			if b, err := io.ReadAll(res.Body); string(b) != "good morning" || err != nil {
				t.Errorf("%s: %q, %v", scheme, b, err)
			}
		})
	}
}
