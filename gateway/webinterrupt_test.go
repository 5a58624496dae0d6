package gateway_test

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"

	"github.com/postern-gateway/postern/gateway"
	"github.com/postern-gateway/postern/protocol"
)

// TestLateReadOfABody: a handler may return while another goroutine is still in a Read of the body,
// as a Proxy does whose backend answers early. Whether that Read gets the end of the body or is
// interrupted, the next request of the connection is served.
func TestLateReadOfABody(t *testing.T) {
	l, err := net.Listen("unix", t.TempDir()+"/s")
	if err != nil {
		t.Fatal(err)
	}
	s := &gateway.Server{Handler: protocol.HandlerFunc(func(w protocol.ResponseWriter, r *protocol.Request) error {
		r.Context().Done() // has the end of the connection noticed
		if err := r.Context().Err(); err != nil {
			return err
		}
		first := make(chan bool)
		go func() {
			r.Body.Read(make([]byte, 1))
			close(first)
			io.Copy(io.Discard, r.Body)
		}()
		<-first
		_, err := io.WriteString(w, "served")
		return err
	})}
	serve(t, s, func() error { return s.ServeHTTP(l) })
	c, err := net.Dial("unix", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	in := bufio.NewReader(c)
	body := strings.Repeat("x", 50_000)
	for i := range 300 {
		fmt.Fprintf(c, "POST /%d HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\n\r\n%s", i, len(body), body)
		resp, err := http.ReadResponse(in, nil)
		if err != nil {
			t.Fatalf("request %d: %v", i, err)
		}
		got, err := io.ReadAll(resp.Body)
		if resp.StatusCode != 200 || string(got) != "served" || err != nil {
			t.Fatalf("request %d: %s %q, %v", i, resp.Status, got, err)
		}
		if resp.Close {
			c.Close()
			if c, err = net.Dial("unix", l.Addr().String()); err != nil {
				t.Fatal(err)
			}
			in.Reset(c)
		}
	}
}
