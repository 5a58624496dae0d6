package gateway_test

import (
	"io"
	"net"
	"strconv"
	"strings"
	"testing"

	"github.com/postern-gateway/postern/gateway"
	"github.com/postern-gateway/postern/protocol"
)

// An answer that was given before the body was read arrives whole, though the client is still
// sending: also where somebody still reads the body, as a proxy does, whose read is ended by its
// deadline.
func TestAnswerBeforeBody(t *testing.T) {
	s := &gateway.Server{Handler: protocol.HandlerFunc(func(w protocol.ResponseWriter, r *protocol.Request) error {
		if r.Params.Get("QUERY_STRING") == "reads" {
			reading := make(chan bool)
			go func() {
				io.ReadFull(r.Body, make([]byte, 1))
				close(reading)
				io.ReadFull(r.Body, make([]byte, 8<<20))
			}()
			<-reading
		}
		_, err := io.WriteString(w, "enough")
		return err
	})}
	for _, l := range []net.Listener{tcp(t), unix(t)} {
		serve(t, s, func() error { return s.ServeHTTP(l) })
		for _, query := range []string{"leaves", "reads"} {
			const size = 8 << 20
			request := []byte("POST /?" + query + " HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: " + strconv.Itoa(size) + "\r\n\r\n" + strings.Repeat("x", size))
			for range 3 {
				c := dial(t, l.Addr())
				sent := make(chan error, 1)
				go func() {
					_, err := c.Write(request)
					sent <- err
				}()
				if err := <-sent; err != nil {
					t.Errorf("%s, a handler that %s the body: %v", l.Addr().Network(), query, err)
				}
				if got, err := io.ReadAll(c); err != nil || !strings.HasSuffix(string(got), "\r\n\r\nenough") {
					t.Errorf("%s, a handler that %s the body: %q, %v", l.Addr().Network(), query, got, err)
				}
			}
		}
	}
}
