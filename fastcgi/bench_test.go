package fastcgi

import (
	"context"
	"io"
	"net"
	"net/http"
	"testing"

	"github.com/postern-gateway/postern/protocol"
)

// exchange is what a front says for one small request, and how long the answer to it is.
func benchmarkServe(b *testing.B, h protocol.Handler, request []byte) {
	ours, theirs := sockets(b)
	loop := &protocol.Loop{Handler: h}
	done := make(chan error, 1)
	go func() { done <- loop.Serve(context.Background(), Protocol{}.NewConn(ours, nil)) }()
	defer func() { theirs.Close(); <-done }()
	buf := make([]byte, 64<<10)
	first := roundTrip(b, theirs, request, buf)
	b.ReportAllocs()
	b.SetBytes(int64(len(request)))
	for b.Loop() {
		if n := roundTrip(b, theirs, request, buf); n != first {
			b.Fatalf("%d bytes, then %d", first, n)
		}
	}
}

// roundTrip says request and reads to its END_REQUEST.
func roundTrip(b *testing.B, nc net.Conn, request, buf []byte) (size int) {
	if _, err := nc.Write(request); err != nil {
		b.Fatal(err)
	}
	have := 0
	for {
		n, err := nc.Read(buf[have:])
		if err != nil {
			b.Fatal(err)
		}
		have += n
		at := 0
		for {
			h, _, n, _ := consumeRecord(buf[at:have])
			if n == 0 {
				break
			}
			at += n
			if h.typ == typeEnd {
				return size + at
			}
		}
		size += at
		have = copy(buf, buf[at:have])
	}
}

func smallGet() []byte {
	r := appendRecord(nil, typeBegin, 1, appendBegin(nil, begin{wireResponder, true}))
	r = appendRecord(r, typeParams, 1, appendParams(nil, protocol.Params{
		{Name: "QUERY_STRING"}, {Name: "REQUEST_METHOD", Value: "GET"}, {Name: "CONTENT_TYPE"}, {Name: "CONTENT_LENGTH"},
		{Name: "SCRIPT_NAME", Value: "/index.html"}, {Name: "REQUEST_URI", Value: "/index.html"}, {Name: "DOCUMENT_URI", Value: "/index.html"},
		{Name: "DOCUMENT_ROOT", Value: "/usr/share/nginx/html"}, {Name: "SERVER_PROTOCOL", Value: "HTTP/1.1"}, {Name: "REQUEST_SCHEME", Value: "http"},
		{Name: "GATEWAY_INTERFACE", Value: "CGI/1.1"}, {Name: "SERVER_SOFTWARE", Value: "nginx/1.22.1"}, {Name: "REMOTE_ADDR", Value: "127.0.0.1"},
		{Name: "REMOTE_PORT", Value: "51234"}, {Name: "SERVER_ADDR", Value: "127.0.0.1"}, {Name: "SERVER_PORT", Value: "8080"},
		{Name: "SERVER_NAME", Value: "localhost"}, {Name: "REDIRECT_STATUS", Value: "200"}, {Name: "HTTP_HOST", Value: "localhost:8080"},
		{Name: "HTTP_USER_AGENT", Value: "curl/7.88.1"}, {Name: "HTTP_ACCEPT", Value: "*/*"},
	}))
	r = appendRecord(r, typeParams, 1, nil)
	return appendRecord(r, typeStdin, 1, nil)
}

func BenchmarkServeNative(b *testing.B) {
	text := []byte("hello, world\n")
	benchmarkServe(b, protocol.HandlerFunc(func(w protocol.ResponseWriter, r *protocol.Request) error {
		_, err := w.Write(text)
		return err
	}), smallGet())
}

func BenchmarkServeFromHTTP(b *testing.B) {
	benchmarkServe(b, protocol.FromHTTP(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/plain")
		io.WriteString(w, "hello, world\n")
	})), smallGet())
}
