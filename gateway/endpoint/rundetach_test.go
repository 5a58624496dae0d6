package endpoint_test

import (
	"net"
	"testing"
	"time"

	"github.com/postern-gateway/postern/gateway"
	"github.com/postern-gateway/postern/gateway/endpoint"
)

// A listener that is handed over ends Run no sooner than the last one does, and is no failure.
func TestRunAfterDetach(t *testing.T) {
	first, second := listen(t, "http://127.0.0.1:0"), listen(t, "http://127.0.0.1:0")
	s := &gateway.Server{Handler: kind()}
	done := make(chan error, 1)
	go func() { done <- endpoint.Run(t.Context(), s, time.Minute, first, second) }()
	serves(t, first)
	serves(t, second)
	for _, l := range []*endpoint.Listener{first, second} {
		serves(t, second)
		if err := s.Detach(l); err != nil {
			t.Fatal(err)
		}
	}
	if err := <-done; err != nil {
		t.Errorf("Run: %v", err)
	}
	for _, l := range []*endpoint.Listener{first, second} {
		l.Close()
	}
}

// serves has a request answered by what listens.
func serves(t *testing.T, l *endpoint.Listener) {
	t.Helper()
	c, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if _, err := c.Write([]byte("GET / HTTP/1.0\r\n\r\n")); err != nil {
		t.Fatal(err)
	}
	b := make([]byte, 8)
	if _, err := c.Read(b); err != nil || string(b) != "HTTP/1.0" && string(b) != "HTTP/1.1" {
		t.Fatalf("%q, %v", b, err)
	}
}
