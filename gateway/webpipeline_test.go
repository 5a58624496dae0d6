package gateway_test

import (
	"context"
	"io"
	"strings"
	"testing"

	"github.com/postern-gateway/postern/gateway"
)

// A request that net/http has read together with the one before it is served during a shutdown,
// though nothing is read for it.
func TestShutdownServesWhatWasReadAhead(t *testing.T) {
	h := newBlocking()
	s := &gateway.Server{Handler: h}
	l := unix(t)
	done := serve(t, s, func() error { return s.ServeHTTP(l) })
	c, idle := dial(t, l.Addr()), dial(t, l.Addr())
	io.WriteString(idle, "GET / HTTP/1.1\r\nHost: h\r\n\r\n")
	<-h.entered
	h.leave <- struct{}{}
	io.WriteString(c, strings.Repeat("GET / HTTP/1.1\r\nHost: h\r\n\r\n", 2))
	<-h.entered
	h.leave <- struct{}{}
	<-h.entered
	shut := make(chan error, 1)
	go func() { shut <- s.Shutdown(context.Background()) }()
	<-done
	io.Copy(io.Discard, idle) // until connections have been looked at
	close(h.leave)
	if b, err := io.ReadAll(c); strings.Count(string(b), "left") != 2 {
		t.Errorf("got %q, %v; want two answers", b, err)
	}
	if err := <-shut; err != nil {
		t.Error(err)
	}
}
