package tap

import (
	"bytes"
	"context"
	"io"
	"net"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/postern-gateway/postern/fastcgi"
	"github.com/postern-gateway/postern/gateway"
	"github.com/postern-gateway/postern/protocol"
	"github.com/postern-gateway/postern/scgi"
	"github.com/postern-gateway/postern/uwsgi"
)

// FuzzTap passes any bytes both ways. They arrive as they are, each is printed once, and nothing
// panics.
func FuzzTap(f *testing.F) {
	tracers := []protocol.Tracer{fastcgi.Protocol{}, scgi.Protocol{}, uwsgi.Protocol{}, gateway.HTTPTracer{}}
	f.Add(uint8(0), []byte("\x01\x01\x00\x01\x00\x08\x00\x00\x00\x01\x00\x00\x00\x00\x00\x00\x01\x04\x00\x01\x00\x04\x00\x00\x01\x01Ab"), []byte("\x01\x03\x00\x01\x00\x08\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"))
	f.Add(uint8(1), []byte("24:CONTENT_LENGTH\x000\x00SCGI\x001\x00,"), []byte("Status: 200 OK\r\n\r\nhello"))
	f.Add(uint8(2), []byte("\xad\x07\x00\x01\x05\x00hello"), []byte("Hello World"))
	f.Add(uint8(3), []byte("HEAD / HTTP/1.1\r\n\r\n"), []byte("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n"))
	f.Add(uint8(4), []byte("GET / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\n\r\n"), []byte("\x00\x00"))
	front, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		f.Fatal(err)
	}
	back, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		f.Fatal(err)
	}
	var decoder atomic.Pointer[Decoder] // of the connection that is being tried
	closed := make(chan struct{})
	tap := &Tap{
		Dial: func(context.Context) (net.Conn, error) { return net.Dial("tcp", back.Addr().String()) },
		Observe: func(e Event) {
			decoder.Load().Add(e)
			if e.Kind == Closed {
				closed <- struct{}{}
			}
		},
	}
	ctx, cancel := context.WithCancel(context.Background())
	var serving sync.WaitGroup
	serving.Go(func() { tap.Serve(ctx, front) })
	f.Cleanup(func() {
		cancel()
		back.Close()
		serving.Wait()
	})
	f.Fuzz(func(t *testing.T, which uint8, request, response []byte) {
		if len(request)+len(response) > 10_000 {
			return
		}
		of := tracers
		if i := int(which) % (len(tracers) + 1); i < len(tracers) {
			of = tracers[i : i+1]
		}
		var told [2][]byte
		p := &Printer{Out: io.Discard, Wire: true}
		decoder.Store(&Decoder{Tracers: of, Emit: func(m *Message) {
			for _, span := range m.Spans {
				if span.Offset != int64(len(told[m.Side])) {
					t.Errorf("a span is at %d, want %d", span.Offset, len(told[m.Side]))
				}
				told[m.Side] = append(told[m.Side], span.Bytes...)
			}
			if err := p.Print(m); err != nil {
				t.Error(err)
			}
		}})
		a, err := net.Dial("tcp", front.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		defer a.Close()
		b, err := back.Accept()
		if err != nil {
			t.Fatal(err)
		}
		defer b.Close()
		passes(t, a, b, request)
		passes(t, b, a, response)
		<-closed
		if !bytes.Equal(told[0], request) || !bytes.Equal(told[1], response) {
			t.Errorf("%q and %q are printed", told[0], told[1])
		}
	})
}

// passes has one side say all that it says, and the other hear it.
func passes(t *testing.T, from, to net.Conn, said []byte) {
	from.Write(said)
	from.(*net.TCPConn).CloseWrite()
	if got, err := io.ReadAll(to); err != nil || !bytes.Equal(got, said) {
		t.Errorf("%q of %q arrived, %v", got, said, err)
	}
}
