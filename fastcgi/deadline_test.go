package fastcgi

import (
	"context"
	"io"
	"log/slog"
	"net"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/postern-gateway/postern/protocol"
)

// A handler that began to wait for its body while the connection was already being read, for
// nothing or for another request's head, had the time of that: for ever, or the head's. In this
// test time is virtual.
func TestBodyTimeoutBesideAnother(t *testing.T) {
	for name, beside := range map[string]string{
		"that is served":       post(1, 9),
		"that has half a head": "BEGIN_REQUEST 1 RESPONDER KEEP_CONN",
		"of each kind":         post(1, 9) + "BEGIN_REQUEST 3 RESPONDER KEEP_CONN",
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) { bodyBeside(t, beside) })
		})
	}
}

func bodyBeside(t *testing.T, beside string) {
	ours, theirs := net.Pipe()
	lim := &protocol.Limits{HeadTimeout: time.Hour, BodyTimeout: time.Second}
	waited := make(chan time.Duration, 1)
	loop := &protocol.Loop{Limits: lim, Log: slog.New(slog.DiscardHandler), Handler: protocol.HandlerFunc(
		func(w protocol.ResponseWriter, r *protocol.Request) error {
			if r.Params.Get("REQUEST_URI") == "/1" {
				<-r.Context().Done()
				return nil
			}
			<-time.After(time.Minute)
			start := time.Now()
			_, err := io.ReadAll(r.Body)
			waited <- time.Since(start)
			if protocol.Status(err) != 408 {
				t.Error(err)
			}
			return err
		})}
	done := make(chan error, 1)
	go func() { done <- loop.Serve(context.Background(), Protocol{}.NewConn(ours, lim)) }()
	go io.Copy(io.Discard, theirs)
	theirs.Write(parseRecords(t, beside, post(2, 9)))
	select {
	case got := <-waited:
		if got != time.Second {
			t.Errorf("the body was waited for for %v", got)
		}
	case <-time.After(2 * time.Hour):
		t.Error("the body was waited for without end")
	}
	theirs.Close()
	<-done
}

// TestBodyTimeoutOfTwo: each body has the whole time, and no more, whenever that of another ends.
// In this test time is virtual.
func TestBodyTimeoutOfTwo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ours, theirs := net.Pipe()
		lim := &protocol.Limits{BodyTimeout: time.Second}
		loop := &protocol.Loop{Limits: lim, Log: slog.New(slog.DiscardHandler), Handler: protocol.HandlerFunc(
			func(w protocol.ResponseWriter, r *protocol.Request) error {
				if r.Params.Get("REQUEST_URI") == "/2" {
					<-time.After(time.Second / 2)
				}
				start := time.Now()
				_, err := io.ReadAll(r.Body)
				if got := time.Since(start); got != time.Second || protocol.Status(err) != 408 {
					t.Errorf("%s: waited for %v: %v", r.Params.Get("REQUEST_URI"), got, err)
				}
				return err
			})}
		done := make(chan error, 1)
		go func() { done <- loop.Serve(context.Background(), Protocol{}.NewConn(ours, lim)) }()
		go io.Copy(io.Discard, theirs)
		theirs.Write(parseRecords(t, post(1, 9), post(2, 9)))
		<-time.After(time.Minute)
		theirs.Close()
		<-done
	})
}

// A handler's own deadline is in place of BodyTimeout, as over every other protocol: also one that
// is later, or never. In this test time is virtual.
func TestOwnReadDeadlineIsInPlaceOfTheLimit(t *testing.T) {
	const own = 10 * time.Second
	for _, rest := range []time.Duration{own - time.Second, own + time.Second} {
		for _, never := range []bool{false, true} {
			synctest.Test(t, func(t *testing.T) {
				ours, theirs := net.Pipe()
				lim := &protocol.Limits{BodyTimeout: time.Second}
				loop := &protocol.Loop{Limits: lim, Log: slog.New(slog.DiscardHandler), Handler: protocol.HandlerFunc(
					func(w protocol.ResponseWriter, r *protocol.Request) error {
						start, by := time.Now(), time.Now().Add(own)
						if never {
							by = time.Time{}
						}
						if err := http.NewResponseController(w).SetReadDeadline(by); err != nil {
							t.Error(err)
						}
						_, err := io.ReadAll(r.Body)
						want, whole := min(rest, own), rest < own || never
						if never {
							want = rest
						}
						if took := time.Since(start); took != want || (err == nil) != whole {
							t.Errorf("the rest after %v, never %t: %v after %v", rest, never, err, took)
						}
						return err
					})}
				done := make(chan error, 1)
				go func() { done <- loop.Serve(context.Background(), Protocol{}.NewConn(ours, lim)) }()
				go io.Copy(io.Discard, theirs)
				theirs.Write(parseRecords(t, post(1, 9)))
				<-time.After(rest)
				theirs.Write(parseRecords(t, `STDIN 1 "123456789"`, "STDIN 1 end"))
				theirs.Close()
				<-done
			})
		}
	}
}
