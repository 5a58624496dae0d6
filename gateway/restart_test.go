package gateway_test

import (
	"context"
	"io"
	"net"
	"strings"
	"sync"
	"testing"

	"github.com/postern-gateway/postern/gateway"
	"github.com/postern-gateway/postern/internal/netio/netiotest"
)

// A given is a listener that gives one connection: when ready is closed, or at the last moment,
// once the listener has been closed.
type given struct {
	conn   chan net.Conn
	called chan struct{} // Accept was called
	ready  chan struct{}
	closed chan struct{}
	once   sync.Once
}

func newGiven(c net.Conn) *given {
	l := &given{conn: make(chan net.Conn, 1), called: make(chan struct{}, 2), ready: make(chan struct{}), closed: make(chan struct{})}
	l.conn <- c
	return l
}

func (l *given) Accept() (net.Conn, error) {
	l.called <- struct{}{}
	select {
	case <-l.ready:
	case <-l.closed:
	}
	if len(l.conn) > 0 {
		return <-l.conn, nil
	}
	<-l.closed
	return nil, net.ErrClosed
}

func (l *given) Close() error {
	l.once.Do(func() { close(l.closed) })
	return nil
}

func (l *given) Addr() net.Addr { return otherAddr("given") }

// On a socket that a successor has too, what was accepted is served its first request. It was
// closed unread: where the shutdown came between the accept and the service, or between the accept
// and the request.
func TestShutdownServesWhatWasAccepted(t *testing.T) {
	for name, way := range ways {
		for network, pair := range map[string]func() (net.Conn, net.Conn){
			"tcp":  func() (net.Conn, net.Conn) { return netiotest.TCP(t) },
			"unix": func() (net.Conn, net.Conn) { return netiotest.Unix(t) },
		} {
			for when, row := range map[string]struct{ acceptedBefore, sentBefore bool }{
				"accepted at the last moment, the request there": {false, true},
				"accepted at the last moment, the request later": {false, false},
				"accepted, the request later":                    {true, false},
			} {
				t.Run(name+"/"+network+"/"+when, func(t *testing.T) {
					server, c := pair()
					l := newGiven(server)
					s := &gateway.Server{Handler: text("left")}
					done := serve(t, s, func() error { return way.serve(s, l) })
					<-l.called
					if row.sentBefore {
						io.WriteString(c, way.request)
					}
					if row.acceptedBefore {
						close(l.ready)
						<-l.called // once more
					}
					shut := make(chan error, 1)
					go func() { shut <- s.Shutdown(context.Background()) }()
					<-done
					if !row.sentBefore {
						io.WriteString(c, way.request)
					}
					if b, err := io.ReadAll(c); err != nil || !strings.Contains(string(b), way.answer) {
						t.Errorf("%q, %v", b, err)
					}
					c.Close()
					if err := <-shut; err != nil {
						t.Error(err)
					}
				})
			}
		}
	}
}
