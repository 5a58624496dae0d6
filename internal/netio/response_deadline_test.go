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
