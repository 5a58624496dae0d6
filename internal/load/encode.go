package load

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"sync"

	"github.com/postern-gateway/postern/protocol"
)

// A copyingConn keeps a copy of what is written to it.
type copyingConn struct {
	net.Conn
	mu      sync.Mutex
	written bytes.Buffer
}

func (c *copyingConn) Write(p []byte) (int, error) {
	c.mu.Lock()
	c.written.Write(p)
	c.mu.Unlock()
	return c.Conn.Write(p)
}

// recordRequest returns the bytes by which a client sends r: it calls a server in memory, which
// reads the request to its end.
func recordRequest(r *protocol.Request, p protocol.Protocol, client func(dialTo) protocol.RoundTripper) ([]byte, error) {
	left, right := net.Pipe()
	front := &copyingConn{Conn: left}
	loop := &protocol.Loop{Log: slog.New(slog.DiscardHandler), Handler: protocol.HandlerFunc(func(_ protocol.ResponseWriter, r *protocol.Request) error {
		_, err := io.Copy(io.Discard, r.Body)
		return err
	})}
	served := make(chan error, 1)
	go func() { served <- loop.Serve(context.Background(), p.NewConn(right, nil)) }()
	err := roundTrip(client(func(context.Context) (net.Conn, error) { return front, nil }), r)
	front.Close()
	if serr := <-served; err == nil && !errors.Is(serr, io.EOF) {
		err = serr
	}
	return front.written.Bytes(), err
}

func roundTrip(client protocol.RoundTripper, r *protocol.Request) error {
	res, err := client.RoundTrip(context.Background(), r)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	if res.Status != http.StatusOK {
		return fmt.Errorf("our own server refuses it with status %d", res.Status)
	}
	_, err = io.Copy(io.Discard, res.Body)
	return err
}

// encodeHTTP encodes r as net/http does.
func encodeHTTP(r *protocol.Request) ([]byte, error) { return writeHTTP(r, false) }

// encodeLastHTTP is encodeHTTP with "Connection: close".
func encodeLastHTTP(r *protocol.Request) ([]byte, error) { return writeHTTP(r, true) }

func writeHTTP(r *protocol.Request, last bool) ([]byte, error) {
	hr, err := r.HTTP()
	if err != nil {
		return nil, err
	}
	hr.Header.Del("Connection")
	hr.Close = last
	var b bytes.Buffer
	err = hr.Write(&b)
	return b.Bytes(), err
}
