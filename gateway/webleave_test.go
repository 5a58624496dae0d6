package gateway_test

import (
	"io"
	"log/slog"
	"net"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/postern-gateway/postern/gateway"
	"github.com/postern-gateway/postern/internal/netio/netiotest"
	"github.com/postern-gateway/postern/protocol"
)

// TestLeavingConnectionIsSmall: a connection whose head was refused, and that waits for its peer to
// take the answer before it is closed, holds nothing of the head any more.
func TestLeavingConnectionIsSmall(t *testing.T) {
	const conns, most = 50, 40 << 10
	var fields strings.Builder
	for i := range 2000 {
		fields.WriteString("X-" + strconv.Itoa(i) + ": " + strings.Repeat("y", 30) + "\r\n")
	}
	l := unix(t)
	s := &gateway.Server{Log: slog.New(slog.DiscardHandler), Handler: protocol.HandlerFunc(func(protocol.ResponseWriter, *protocol.Request) error { return nil })}
	serve(t, s, func() error { return s.ServeHTTP(l) })
	before := netiotest.InUse()
	var all []net.Conn
	for range conns {
		nc := dial(t, l.Addr())
		all = append(all, nc)
		// it is answered before all of it is read
		io.WriteString(nc, "GET / HTTP/1.1\r\nHost: a\r\n"+fields.String()+"\r\n")
		answer, err := io.ReadAll(nc)
		if !strings.HasPrefix(string(answer), "HTTP/1.1 431") || err != nil {
			t.Fatalf("answer %.40q, %v", answer, err)
		}
	}
	until := time.Now().Add(3 * time.Second) // then the server has had patience enough, too
	each := (netiotest.InUse() - before) / conns
	for each > most && time.Now().Before(until) { // net/http's goroutines are about to end
		each = (netiotest.InUse() - before) / conns
	}
	if each > most {
		t.Errorf("a connection holds %d bytes, want at most %d", each, most)
	}
	runtime.KeepAlive(all)
}
