package gateway_test

import (
	"bufio"
	"io"
	"net/http"
	"testing"

	"github.com/postern-gateway/postern/gateway"
	"github.com/postern-gateway/postern/protocol"
)

// A front that takes nothing of its answer does not hold the handler for ever.
func TestPeerThatTakesNothing(t *testing.T) {
	for name, way := range ways {
		ended := make(chan error, 1)
		s := &gateway.Server{Limits: &protocol.Limits{WriteTimeout: 1e7}, Handler: protocol.HandlerFunc(
			func(w protocol.ResponseWriter, r *protocol.Request) (err error) {
				for b := make([]byte, 64<<10); err == nil; {
					_, err = w.Write(b)
				}
				ended <- err
				return err
			})}
		l := unix(t)
		serve(t, s, func() error { return way.serve(s, l) })
		io.WriteString(dial(t, l.Addr()), way.request)
		if err := <-ended; err == nil {
			t.Errorf("%s: no error", name)
		}
		s.Close()
	}
}

// Over HTTP a handler may answer while it reads, where it asks for that; a front that reads only
// after it has sent all gets its answer where it does not.
func TestHTTPDuplex(t *testing.T) {
	for _, duplex := range []bool{false, true} {
		s := &gateway.Server{Handler: protocol.FromHTTP(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			control := http.NewResponseController(w)
			if duplex {
				if err := control.EnableFullDuplex(); err != nil {
					t.Error(err)
				}
			}
			w.Write(make([]byte, 200<<10))
			control.Flush()
			io.Copy(w, r.Body)
		}))}
		l := unix(t)
		serve(t, s, func() error { return s.ServeHTTP(l) })
		c := dial(t, l.Addr())
		in := bufio.NewReader(c)
		const size = 3 << 20
		io.WriteString(c, "POST / HTTP/1.1\r\nHost: h\r\nConnection: close\r\nContent-Length: 3145728\r\n\r\n")
		head := make(chan *http.Response, 1)
		read := func() {
			res, err := http.ReadResponse(in, nil)
			if err != nil {
				t.Error(err)
			}
			head <- res
		}
		if duplex {
			read() // before anything of the body is sent
		}
		go c.Write(make([]byte, size))
		if !duplex {
			read()
		}
		res := <-head
		n, err := io.Copy(io.Discard, res.Body)
		if res.Body.Close(); err != nil || n != 200<<10+size {
			t.Errorf("duplex: %v: %d bytes, %v", duplex, n, err)
		}
	}
}
