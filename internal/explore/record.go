package explore

import (
	"context"
	"net"
	"sync"

	"github.com/postern-gateway/postern/protocol"
)

// A dialogue is what went over one connection.
type dialogue struct{ request, response []byte }

// A written is a net.Conn that keeps what is written to it.
type written struct {
	net.Conn
	mu    sync.Mutex
	bytes []byte
}

func (w *written) Write(p []byte) (int, error) {
	w.mu.Lock()
	w.bytes = append(w.bytes, p...)
	w.mu.Unlock()
	return w.Conn.Write(p)
}

func (w *written) all() []byte {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.bytes
}

// record sends r by the client that newClient makes to what serve serves, over a connection in
// memory, and reads the whole response. serve returns once it is done with the connection.
func record(ctx context.Context, r *protocol.Request, newClient func(dialPipe) protocol.RoundTripper, serve func(net.Conn)) (dialogue, error) {
	a, b := net.Pipe()
	front, server := &written{Conn: a}, &written{Conn: b}
	served := make(chan struct{})
	go func() {
		defer close(served)
		serve(server)
	}()
	err := exchangeBy(ctx, newClient(func(context.Context) (net.Conn, error) { return front, nil }), r)
	front.Close()
	<-served
	return dialogue{request: front.all(), response: server.all()}, err
}

type dialPipe = func(context.Context) (net.Conn, error)

// exchangeBy sends r by c and reads the whole response.
func exchangeBy(ctx context.Context, c protocol.RoundTripper, r *protocol.Request) error {
	_, _, err := readAll(ctx, c, r)
	return err
}
