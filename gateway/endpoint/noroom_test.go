package endpoint

import (
	"context"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/postern-gateway/postern/gateway/upstream"
)

// No request waits for room at a backend of a Balancer, be its backlog full or its connections all
// in use, while another one has room. Where none has, the last is waited for.
func TestNoRoomAndAnotherBackend(t *testing.T) {
	for scheme, answer := range answers {
		for _, row := range []struct {
			name    string
			options string        // of the first backend
			full    time.Duration // until then its backlog is full, and the other's until it is
			other   time.Duration
			took    time.Duration // at most 50 ms less than it takes
		}{
			{name: "a full backlog", full: time.Hour},
			{name: "both are full", full: time.Hour, other: 3 * time.Second, took: 3 * time.Second},
			{name: "all connections are in use", options: "?max-open=1"},
		} {
			t.Run(scheme+"/"+row.name, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					began := time.Now()
					var held []net.Conn
					connect := map[string]connectFunc{
						scheme + "+unix:/first" + row.options: func(context.Context, string, string) (net.Conn, error) {
							if time.Since(began) < row.full {
								return nil, syscall.EAGAIN
							}
							ours, theirs := net.Pipe()
							held = append(held, theirs)
							go theirs.Read(make([]byte, 64<<10))
							return ours, nil
						},
						scheme + "+unix:/other": func(context.Context, string, string) (net.Conn, error) {
							if time.Since(began) < row.other {
								return nil, syscall.EAGAIN
							}
							return answering(answer), nil
						},
					}
					b := &upstream.Balancer{Log: slog.New(slog.DiscardHandler)}
					defer b.Close()
					for _, url := range []string{scheme + "+unix:/first" + row.options, scheme + "+unix:/other"} {
						be, err := NewBackend(url, &ClientOptions{Connect: connect[url]})
						if err == nil {
							err = b.Add(be)
						}
						if err != nil {
							t.Fatal(err)
						}
					}
					ask := func() {
						if status, err := statusOf(t, b); status != http.StatusOK || err != nil {
							t.Errorf("%d, %v", status, err)
						}
					}
					var all sync.WaitGroup
					if row.full == 0 {
						all.Go(ask) // it holds the first's connection
						synctest.Wait()
					}
					for range 3 {
						ask()
					}
					if late := time.Since(began) - row.took; late < 0 || late > 50*time.Millisecond {
						t.Errorf("%v after its time", late)
					}
					for _, s := range b.Stats().Backends {
						if s.Failures > 0 {
							t.Errorf("%+v", s)
						}
					}
					for _, nc := range held {
						nc.Close()
					}
					all.Wait()
				})
			})
		}
	}
}
