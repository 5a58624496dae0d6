package endpoint_test

import (
	"context"
	"io"
	"log/slog"
	"net"
	"net/http"
	"sync/atomic"
	"testing"
	"time"

	"github.com/postern-gateway/postern/gateway"
	"github.com/postern-gateway/postern/gateway/endpoint"
	"github.com/postern-gateway/postern/protocol"
)

// A speech is what is said on a connection, whatever was asked.
type speech struct {
	says  string
	more  string // is said again and again, until the connection ends; empty: nothing
	holds bool   // who says it does not close
}

// A badBackend gives the same speech on each connection, one after another. It may be changed
// between two requests.
type badBackend struct {
	speech
	url, address string
	accepted     atomic.Int64
}

// startBad starts a backend that is called by a protocol.
func startBad(t *testing.T, protocol string, s speech) *badBackend {
	t.Helper()
	b := &badBackend{speech: s}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	b.address = l.Addr().String()
	b.url = protocol + "://" + b.address
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			b.accepted.Add(1)
			b.answer(c)
		}
	}()
	t.Cleanup(func() {
		l.Close()
		<-done
	})
	return b
}

func (b *badBackend) answer(c net.Conn) {
	defer c.Close()
	c.SetDeadline(time.Now().Add(time.Minute))
	if _, err := c.Read(make([]byte, 64<<10)); err != nil {
		return
	}
	_, err := io.WriteString(c, b.says)
	for b.more != "" && err == nil {
		_, err = io.WriteString(c, b.more)
	}
	if b.holds {
		io.Copy(io.Discard, c)
	}
}

// connections returns how many connections have been made. It makes one of its own, whose turn is
// after the others.
func (b *badBackend) connections(t *testing.T) int64 {
	t.Helper()
	c, err := net.Dial("tcp", b.address)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	io.WriteString(c, "x")
	c.(*net.TCPConn).CloseWrite()
	c.Read(make([]byte, 1))
	return b.accepted.Load() - 1
}

// A badSite is a backend's client and a gateway in front of it.
type badSite struct {
	client  *endpoint.Client
	gateway string
	web     *http.Client
}

func startBadSite(t *testing.T, url string, lim *protocol.Limits) *badSite {
	t.Helper()
	client, err := endpoint.NewClient(url, &endpoint.ClientOptions{Limits: lim, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { client.Close() })
	at := listen(t, "http://127.0.0.1:0")
	server := &gateway.Server{Handler: &gateway.Proxy{Backend: client}, Log: slog.New(slog.DiscardHandler)}
	served := make(chan struct{})
	go func() {
		defer close(served)
		at.Serve(server)
	}()
	s := &badSite{client: client, gateway: at.URL(), web: &http.Client{Transport: new(http.Transport), Timeout: time.Minute}}
	t.Cleanup(func() {
		s.web.CloseIdleConnections()
		server.Close()
		<-served
	})
	return s
}

// ask asks the backend by its client.
func (s *badSite) ask(t *testing.T) (body string, err error) {
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	return ask(ctx, s.client)
}

// get asks by the gateway. An error says that the answer is not whole.
func (s *badSite) get() (status int, body string, err error) {
	res, err := s.web.Get(s.gateway)
	if err != nil {
		return 0, "", err
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	return res.StatusCode, string(b), err
}
