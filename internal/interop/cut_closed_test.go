package interop

import (
	"context"
	"net"
	"net/http"
	"strings"
	"testing"

	"github.com/postern-gateway/postern/gateway"
	"github.com/postern-gateway/postern/protocol"
)

// stall sends a part of an answer and waits until its server is closed.
func stall(w protocol.ResponseWriter, r *protocol.Request) error {
	if err := beginAnswer(w, r); err != nil {
		return err
	}
	if err := http.NewResponseController(w).Flush(); err != nil {
		return err
	}
	<-r.Context().Done()
	return context.Cause(r.Context())
}

// A closable is a server that can be closed amid an answer, and begun again at the same address.
type closable struct {
	network, address, name string
	server                 *gateway.Server
}

func (c *closable) start(t *testing.T) net.Addr {
	t.Helper()
	l, err := net.Listen(c.network, c.address)
	if err != nil {
		t.Fatal(err)
	}
	c.address = l.Addr().String()
	c.server = &gateway.Server{Log: backendLog(t), Handler: protocol.HandlerFunc(stall)}
	s := c.server
	go serveOn(s, l, c.name)
	t.Cleanup(func() { s.Close() })
	return l.Addr()
}

// TestClosedServersBehindNginx: what a server that is closed has sent of an answer is not taken for
// all of it.
func TestClosedServersBehindNginx(t *testing.T) {
	needFronts(t)
	servers := make(map[string]*closable)
	addr := cutWaysBy(t, func(network, address, name string) net.Addr {
		c := &closable{network: network, address: address, name: name}
		servers[name+"/"+network] = c
		return c.start(t)
	})
	whole := t
	for _, way := range cutWays() {
		if way.by != "handler" || way.buffer == "yes" {
			continue
		}
		t.Run(strings.ReplaceAll(way.String(), " ", "_"), func(t *testing.T) {
			s := servers[strings.TrimSuffix(way.protocol, "-kept")+"/"+way.network]
			cut := "/" + way.protocol + "/" + way.network + "/cut/?buffer=no&length=" + way.length
			seen, got := askCut(t, addr, cut, "/none/nothing?length=no", func() {
				s.server.Close()
				s.start(whole)
			})
			t.Logf("%s %s %d bytes", way, seen, got)
			if seen != "cut" {
				t.Errorf("want a cut, got %s", seen)
			}
		})
	}
}
