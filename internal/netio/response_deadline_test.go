package netio

import (
	"context"
	"errors"
	"io"
	"net"
	"os"
	"testing"
	"testing/synctest"
	"time"

	"github.com/postern-gateway/postern/protocol"
)

// TestMuteBackend: a backend that says nothing, or no more, is given up, and not before its time.
func TestMuteBackend(t *testing.T) {
	for _, row := range []struct {
		says   string
		status int
		after  time.Duration
	}{
		{"", 504, 60 * time.Second},
		{"Status: 200\r\n\r\nhalf", 504, 70 * time.Second},
	} {
		synctest.Test(t, func(t *testing.T) {
			ours, theirs := net.Pipe()
			defer theirs.Close()
			go func() {
				io.ReadFull(theirs, make([]byte, 4))
				if row.says != "" {
					<-time.After(10 * time.Second)
					io.WriteString(theirs, row.says)
				}
			}()
			began := time.Now()
			x := &Stream{Exchange: Exchange{Pool: dialing(func(context.Context) (net.Conn, error) { return ours, nil })}}
			res, err := x.RoundTrip(t.Context(), &protocol.Request{}, func(*protocol.Request) ([]byte, error) { return []byte("head"), nil })
			if err == nil {
				_, err = io.ReadAll(res.Body)
				res.Body.Close()
			}
			if protocol.Status(err) != row.status || !errors.Is(err, os.ErrDeadlineExceeded) || time.Since(began) != row.after {
				t.Errorf("%q: %v after %v", row.says, err, time.Since(began))
			}
		})
	}
}

// TestSlowClientIsNotTheBackendsFault: the time in which the request's body is awaited does not
// count.
func TestSlowClientIsNotTheBackendsFault(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ours, theirs := net.Pipe()
		defer theirs.Close()
		body, client := io.Pipe()
		go func() {
			<-time.After(10 * time.Minute)
			io.WriteString(client, "x")
			client.Close()
		}()
		go func() {
			io.ReadFull(theirs, make([]byte, 5))
			io.WriteString(theirs, "Content-Length: 2\r\n\r\nok")
		}()
		x := &Stream{Exchange: Exchange{Pool: dialing(func(context.Context) (net.Conn, error) { return ours, nil })}}
		res, err := x.RoundTrip(t.Context(), &protocol.Request{Body: body, ContentLength: 1}, func(*protocol.Request) ([]byte, error) { return []byte("head"), nil })
		if err != nil {
			t.Fatal(err)
		}
		if b, err := io.ReadAll(res.Body); string(b) != "ok" || err != nil {
			t.Errorf("%q, %v", b, err)
		}
		res.Body.Close()
	})
}

// A readDeadlineConn notes its read deadline.
type readDeadlineConn struct {
	net.Conn
	at time.Time
}

func (c *readDeadlineConn) SetReadDeadline(t time.Time) error { c.at = t; return nil }

// TestReadForAnEarlierConnection: a request was sent again on a second connection, while the first
// one's Read of the body still waits. When that returns, the time for the second does not run, as a
// Read for it waits, too.
func TestReadForAnEarlierConnection(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var d ResponseDeadline
		lim := (*protocol.Limits)(nil).Resolve()
		var conns [2]readDeadlineConn
		var bodies [2]*gated
		for i := range conns {
			bodies[i] = gatedBody("x")
			d.Start(&conns[i], &lim)
			body := d.PauseFor(&conns[i], bodies[i])
			go body.Read(make([]byte, 1))
			synctest.Wait()
		}
		close(bodies[0].ready)
		synctest.Wait()
		if at := conns[1].at; !at.IsZero() {
			t.Errorf("the backend has %v while the body is waited for", time.Until(at))
		}
		close(bodies[1].ready)
		synctest.Wait()
		if left := time.Until(conns[1].at); left != lim.FirstByteTimeout {
			t.Errorf("the backend has %v when the body has come", left)
		}
	})
}
