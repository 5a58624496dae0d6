package benchmarks

import (
	"bufio"
	"bytes"
	"context"
	"io"
	"net"
	"net/http"

	"testing"
	"time"

	"github.com/postern-gateway/postern/protocol"
)

// A loopConn is a connection in memory whose peer sends the same request n times.
type loopConn struct {
	request []byte
	at, n   int
}

func (c *loopConn) Read(p []byte) (int, error) {
	if c.n == 0 {
		return 0, io.EOF
	}
	m := copy(p, c.request[c.at:])
	if c.at += m; c.at == len(c.request) {
		c.at = 0
		c.n--
	}
	return m, nil
}

func (c *loopConn) Write(p []byte) (int, error)      { return len(p), nil }
func (c *loopConn) Close() error                     { return nil }
func (c *loopConn) LocalAddr() net.Addr              { return &net.UnixAddr{} }
func (c *loopConn) RemoteAddr() net.Addr             { return &net.UnixAddr{} }
func (c *loopConn) SetDeadline(time.Time) error      { return nil }
func (c *loopConn) SetReadDeadline(time.Time) error  { return nil }
func (c *loopConn) SetWriteDeadline(time.Time) error { return nil }

// BenchmarkMemory tells what serving costs without the system: parsing, framing and the core.
func BenchmarkMemory(b *testing.B) {
	for i := range wires {
		w := &wires[i]
		if w.proto == nil {
			continue
		}
		for _, x := range exercises {
			for _, v := range []string{"native", "http"} {
				b.Run(w.name+"/"+x.name+"/"+v, func(b *testing.B) {
					d, err := w.record(x)
					if err != nil {
						b.Fatal(err)
					}
					one := &protocol.Limits{Requests: 1} // this peer does not wait for an answer
					loop := &protocol.Loop{Handler: x.native()}
					if v == "http" {
						loop.Handler = protocol.FromHTTP(x.http())
					}
					b.ReportAllocs()
					if w.kept {
						loop.Serve(context.Background(), w.proto.NewConn(&loopConn{request: d.request, n: b.N}, one))
						return
					}
					for range b.N {
						loop.Serve(context.Background(), w.proto.NewConn(&loopConn{request: d.request, n: 1}, one))
					}
				})
			}
		}
	}
	b.Run(readAndWrite, readAndWriteHTTP)
}

// readAndWrite is the row that has no server: net/http's own reader and writer of messages.
const readAndWrite = "read-and-write-http"

func readAndWriteHTTP(b *testing.B) {
	x := exercises[0]
	d, err := wireNamed("http").record(x)
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	conn := &loopConn{request: d.request, n: b.N}
	in := bufio.NewReader(conn)
	for range b.N {
		r, err := http.ReadRequest(in)
		if err != nil {
			b.Fatal(err)
		}
		answer := &http.Response{
			StatusCode: http.StatusOK, ProtoMajor: 1, ProtoMinor: 1, Request: r,
			Header:        http.Header{"Content-Type": {"text/plain"}},
			ContentLength: int64(len(x.want)), Body: io.NopCloser(bytes.NewReader(x.want)),
		}
		if err := answer.Write(conn); err != nil {
			b.Fatal(err)
		}
	}
}
