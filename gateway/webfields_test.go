package gateway

import (
	"bytes"
	"log/slog"
	"net"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/postern-gateway/postern/protocol"
)

// TestTooManyFieldsAreLoggedWithinBounds: each request with too many header fields was a line of the log.
func TestTooManyFieldsAreLoggedWithinBounds(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var log bytes.Buffer
	s := &Server{Handler: protocol.HandlerFunc(func(protocol.ResponseWriter, *protocol.Request) error { return nil }),
		Log: slog.New(slog.NewTextHandler(&log, nil)), Limits: &protocol.Limits{ParamCount: 5}}
	served, began := make(chan error, 1), time.Now()
	go func() { served <- s.ServeHTTP(l) }()
	nc, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	const n = 2000
	request := "GET / HTTP/1.1\r\nHost: a\r\n"
	for i := range 6 {
		request += "X-" + strconv.Itoa(i) + ": y\r\n"
	}
	go nc.Write([]byte(strings.Repeat(request+"\r\n", n)))
	var got []byte
	for b := make([]byte, 1<<16); bytes.Count(got, []byte("HTTP/1.1 431")) < n; {
		m, err := nc.Read(b)
		if got = append(got, b[:m]...); err != nil {
			t.Fatal(err)
		}
	}
	nc.Close()
	s.Close()
	<-served
	seconds := int(time.Since(began)/time.Second) + 2
	if lines := strings.Count(log.String(), "\n"); lines > endsLogged*seconds || lines == 0 {
		t.Errorf("%d lines in %d seconds", lines, seconds)
	}
}
