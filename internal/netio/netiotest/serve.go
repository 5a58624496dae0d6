package netiotest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"sync"
	"testing"

	"github.com/postern-gateway/postern/protocol"
)

// A Log is what a server has logged. It is safe for concurrent use.
type Log struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (l *Log) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.Write(p)
}

func (l *Log) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.String()
}

// Logger returns a logger that writes to l, without times.
func (l *Log) Logger() *slog.Logger {
	return slog.New(slog.NewTextHandler(l, &slog.HandlerOptions{Level: slog.LevelDebug, ReplaceAttr: func(groups []string, a slog.Attr) slog.Attr {
		if a.Key == slog.TimeKey {
			return slog.Attr{}
		}
		return a
	}}))
}

// Play has h serve b, which comes in the pieces that cuts say and then ends, and returns what was
// answered and logged.
func Play(p protocol.Protocol, lim *protocol.Limits, h protocol.Handler, b, cuts []byte) (answer []byte, log string) {
	s, l := NewScript(b, cuts), new(Log)
	loop := &protocol.Loop{Handler: h, Limits: lim, Log: l.Logger(), MethodOptional: true}
	if err := loop.Serve(context.Background(), p.NewConn(s, lim)); err != nil {
		fmt.Fprintf(l, "connection: %v\n", err)
	}
	return s.Wrote(), l.String()
}

// Serve has h serve the connection c until it ends or the test does.
func Serve(t testing.TB, p protocol.Protocol, lim *protocol.Limits, h protocol.Handler, c net.Conn) *Log {
	l, done := new(Log), make(chan struct{})
	conn := p.NewConn(c, lim)
	go func() {
		defer close(done)
		loop := &protocol.Loop{Handler: h, Limits: lim, Log: l.Logger(), MethodOptional: true}
		if err := loop.Serve(context.Background(), conn); err != nil {
			fmt.Fprintf(l, "connection: %v\n", err)
		}
	}()
	t.Cleanup(func() {
		c.Close()
		<-done
	})
	return l
}

// Report is a handler that answers with all that it was given: a line for each variable, and the
// body with its end.
var Report = protocol.HandlerFunc(func(w protocol.ResponseWriter, r *protocol.Request) error {
	b, err := io.ReadAll(r.Body)
	if errors.Is(err, io.ErrUnexpectedEOF) {
		return err
	}
	w.Header().Set("Content-Type", "text/plain")
	for name, value := range r.Params.All() {
		fmt.Fprintf(w, "%q=%q\n", name, value)
	}
	fmt.Fprintf(w, "%d %d: %d bytes %q %v\n", r.Modifier1, r.Modifier2, r.ContentLength, b, err)
	return nil
})

// A Backend is a scripted server: it reads a request of so many bytes, then says the pieces and
// closes.
type Backend struct {
	Reads int // 0: it does not wait for a request
	Says  []string
	Heard []byte // what it read, once the client has seen its end
}

// Dial returns the client's end of a connection to b. It serves one.
func (b *Backend) Dial(t testing.TB) func(context.Context) (net.Conn, error) {
	return func(context.Context) (net.Conn, error) {
		client, server := Unix(t)
		done := make(chan struct{})
		go func() {
			defer close(done)
			defer server.Close()
			b.Heard = make([]byte, b.Reads)
			n, err := io.ReadFull(server, b.Heard)
			if b.Heard = b.Heard[:n]; err != nil {
				return
			}
			for _, s := range b.Says {
				io.WriteString(server, s)
			}
		}()
		t.Cleanup(func() { client.Close(); <-done })
		return client, nil
	}
}
