package gateway_test

import (
	"io"
	"net"
	"slices"
	"testing"
	"time"

	"github.com/postern-gateway/postern/gateway"
	"github.com/postern-gateway/postern/protocol"
)

// able is a protocol as sixth, whose Conns are all that a Conn may be. It notes what is asked of
// them.
type able struct {
	sixth
	asked chan string
}

func (p able) NewConn(c net.Conn, lim *protocol.Limits) protocol.Conn {
	return &ableConn{Conn: p.sixth.NewConn(c, lim), asked: p.asked}
}

type ableConn struct {
	protocol.Conn
	asked chan string
}

func (c *ableConn) Multiplex(func()) { c.asked <- "Multiplex" }

func (c *ableConn) Watch(func(error)) (stop func()) {
	c.asked <- "Watch"
	return func() {}
}

func (c *ableConn) TellRefused(func(*protocol.Request, int, error)) { c.asked <- "TellRefused" }

func (c *ableConn) ReturnIdle(time.Duration) { c.asked <- "ReturnIdle" }

// A Conn has all of its abilities behind a Server, not one alone.
func TestServerHidesNoAbility(t *testing.T) {
	p := able{asked: make(chan string, 10)}
	s := &gateway.Server{Handler: protocol.HandlerFunc(func(w protocol.ResponseWriter, r *protocol.Request) error {
		r.Context().Done()
		_, err := io.WriteString(w, "able")
		return err
	})}
	l := tcp(t)
	serve(t, s, func() error { return s.Serve(l, p) })
	if got := askSixth(t, l); got != "able" {
		t.Errorf("%q", got)
	}
	s.Close()
	close(p.asked)
	got := slices.Sorted(func(yield func(string) bool) {
		for name := range p.asked {
			if !yield(name) {
				return
			}
		}
	})
	if want := []string{"Multiplex", "ReturnIdle", "TellRefused", "Watch"}; !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
}
