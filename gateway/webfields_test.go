package gateway

import (
	"bytes"
	"io"
	"log/slog"
	"net"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/postern-gateway/postern/internal/netio/netiotest"
	"github.com/postern-gateway/postern/protocol"
)

// TestTooManyFieldsAreLoggedWithinBounds: each request with too many header fields was a line of
// the log. Time is virtual, so that all come within one second.
func TestTooManyFieldsAreLoggedWithinBounds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := netiotest.NewPipes()
		var log bytes.Buffer
		s := &Server{Handler: protocol.HandlerFunc(func(protocol.ResponseWriter, *protocol.Request) error { return nil }),
			Log: slog.New(slog.NewTextHandler(&log, nil)), Limits: &protocol.Limits{ParamCount: 5}}
		served := make(chan error, 1)
		go func() { served <- s.ServeHTTP(l) }()
		request := "GET / HTTP/1.1\r\nHost: a\r\n"
		for i := range 6 {
			request += "X-" + strconv.Itoa(i) + ": y\r\n"
		}
		for range 500 {
			nc, err := l.Dial(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			go nc.Write([]byte(request + "\r\n"))
			got, err := io.ReadAll(nc)
			if nc.Close(); err != nil || !bytes.HasPrefix(got, []byte("HTTP/1.1 431")) {
				t.Fatalf("%q, %v", got, err)
			}
		}
		s.Close()
		<-served
		// and one that tells of those that were left out
		if lines := strings.Count(log.String(), "\n"); lines > endsLogged+1 || lines == 0 {
			t.Errorf("%d lines", lines)
		}
	})
}

// TestTooLargeHeadBehindAnother: of two requests that come in one piece the one is refused whose
// head is too large, and not the one before it.
func TestTooLargeHeadBehindAnother(t *testing.T) {
	const get = "GET / HTTP/1.1\r\nHost: a\r\n"
	for name, large := range map[string]string{
		"fields":         get + strings.Repeat("x:\n", 6) + "\r\n",
		"a field":        get + "X: " + strings.Repeat("x", 2*mostLine) + "\r\n\r\n",
		"a request line": "GET /" + strings.Repeat("x", 2*mostLine) + " HTTP/1.1\r\nHost: a\r\n\r\n",
	} {
		t.Run(name, func(t *testing.T) {
			l, err := net.Listen("tcp", "127.0.0.1:0")
			if err != nil {
				t.Fatal(err)
			}
			s := &Server{Handler: protocol.HandlerFunc(func(protocol.ResponseWriter, *protocol.Request) error { return nil }),
				Log: slog.New(slog.DiscardHandler), Limits: &protocol.Limits{ParamCount: 5}}
			served := make(chan error, 1)
			go func() { served <- s.ServeHTTP(l) }()
			nc, err := net.Dial("tcp", l.Addr().String())
			if err != nil {
				t.Fatal(err)
			}
			go nc.Write([]byte(get + "\r\n" + large + get + "\r\n"))
			got, err := io.ReadAll(nc)
			var statuses []string
			for _, line := range strings.Split(string(got), "\r\n") {
				// .0 where no version came
				if status, ok := strings.CutPrefix(line, "HTTP/1."); ok {
					statuses = append(statuses, status[2:5])
				}
			}
			if err != nil || !slices.Equal(statuses, []string{"200", "431"}) {
				t.Errorf("%v, %v", statuses, err)
			}
			nc.Close()
			s.Close()
			<-served
		})
	}
}
