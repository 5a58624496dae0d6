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

// Record has a client call a server of p in memory, and returns the bytes that each of them has
// written: those of one request and of its response, whose status must be 200. client makes the
// client, which connects by dial once. It reads r's body.
func Record(r *protocol.Request, p protocol.Protocol, client func(dial func(context.Context) (net.Conn, error)) protocol.RoundTripper, h protocol.Handler) (request, response []byte, err error) {
	left, right := net.Pipe()
	front, back := &copyingConn{Conn: left}, &copyingConn{Conn: right}
	loop := &protocol.Loop{Log: slog.New(slog.DiscardHandler), Handler: h}
	served := make(chan error, 1)
	go func() { served <- loop.Serve(context.Background(), p.NewConn(back, nil)) }()
	err = roundTrip(client(func(context.Context) (net.Conn, error) { return front, nil }), r)
	front.Close()
	if serr := <-served; err == nil && !errors.Is(serr, io.EOF) {
		err = serr
	}
	return front.written.Bytes(), back.written.Bytes(), err
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
