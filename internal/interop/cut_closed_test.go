package interop

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/postern-gateway/postern/gateway"
	"github.com/postern-gateway/postern/protocol"
)

// stall sends a part of an answer and waits until its server is closed.
func stall(w protocol.ResponseWriter, r *protocol.Request) error {
	query := r.Params.Get("QUERY_STRING")
	if strings.Contains(query, "buffer=no") {
		w.Header().Set("X-Accel-Buffering", "no")
	}
	if strings.Contains(query, "length=yes") {
		w.Header().Set("Content-Length", strconv.Itoa(cutDeclared))
	}
	if _, err := io.WriteString(w, strings.Repeat("x", cutSent)); err != nil {
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
	stalled                chan struct{}
	server                 *gateway.Server
}

func (c *closable) start(t *testing.T) {
	t.Helper()
	l, err := net.Listen(c.network, c.address)
	if err != nil {
		t.Fatal(err)
	}
	c.address = l.Addr().String()
	c.stalled = make(chan struct{}, 1)
	c.server = &gateway.Server{Log: backendLog(t), Handler: protocol.HandlerFunc(stall)}
	s := c.server
	go serveOn(s, l, c.name)
	t.Cleanup(func() { s.Close() })
}

// TestClosedServersBehindNginx: what a server that is closed has sent of an answer is not taken for
// all of it.
func TestClosedServersBehindNginx(t *testing.T) {
	needFronts(t)
	sockets := sharedDir(t)
	servers := make(map[string]*closable)
	port := "0"
	var first net.Addr
	for i, name := range []string{"fastcgi", "scgi", "uwsgi", "http"} {
		u := &closable{network: "unix", address: filepath.Join(sockets, name), name: name}
		u.start(t)
		servers[name+"/unix"] = u
		c := &closable{network: "tcp", address: fmt.Sprintf("127.0.0.%d:%s", i+1, port), name: name}
		c.start(t)
		servers[name+"/tcp"] = c
		if first == nil {
			_, port, _ = net.SplitHostPort(c.address)
			first, _ = net.ResolveTCPAddr("tcp", c.address)
		}
	}
	f := nginx()
	f.name = "cut"
	addr := loopback(startFront(t, f, "ways", first, sockets).Port)
	whole := t
	for _, way := range cutWays() {
		if way.by != "handler" || way.buffer == "yes" {
			continue
		}
		t.Run(strings.ReplaceAll(way.String(), " ", "_"), func(t *testing.T) {
			s := servers[strings.TrimSuffix(way.protocol, "-kept")+"/"+way.network]
			root := "/" + way.protocol + "/" + way.network
			c, err := net.Dial("tcp", addr)
			if err != nil {
				t.Fatal(err)
			}
			defer c.Close()
			if err := c.SetDeadline(time.Now().Add(patience)); err != nil {
				t.Fatal(err)
			}
			fmt.Fprintf(c, "GET %s/cut/?buffer=no&length=%s HTTP/1.1\r\nHost: x\r\n\r\n", root, way.length)
			all, err := readCut(c, func() {
				s.server.Close()
				s.start(whole)
				_, _ = fmt.Fprintf(c, "GET %s/nothing?length=no HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", "/none")
			})
			if err != nil {
				t.Fatal(err)
			}
			seen, got := judgeCut(all)
			t.Logf("%s %s %d bytes", way, seen, got)
			if seen != "cut" {
				t.Errorf("want a cut, got %s", seen)
			}
		})
	}
}
