package endpoint_test

import (
	"bytes"
	"io"
	"log/slog"
	"net"
	"strings"
	"sync"
	"testing"

	"github.com/postern-gateway/postern/gateway"
)

// first is how a conversation of each protocol begins.
var first = map[string]string{
	"fastcgi": "\x01\x01\x00\x01\x00\x08\x00\x00\x00\x01\x00\x00\x00\x00\x00\x00\x01\x04\x00\x01\x00\x00\x00\x00\x01\x05\x00\x01\x00\x00\x00\x00",
	"http":    "GET / HTTP/1.1\r\nHost: postern.test\r\n\r\n",
	"scgi":    "24:CONTENT_LENGTH\x000\x00SCGI\x001\x00,",
	"uwsgi":   "\x00\x13\x00\x00\x0e\x00REQUEST_METHOD\x01\x00X",
}

var passes = map[string]string{"fastcgi": "fastcgi_pass", "http": "proxy_pass", "scgi": "scgi_pass", "uwsgi": "uwsgi_pass"}

// A front that speaks the wrong protocol is told so in plain words, and is not left to wait.
func TestWrongProtocol(t *testing.T) {
	for listener := range first {
		for front, bytes := range first {
			if front == listener {
				continue
			}
			out := new(lockedBuffer)
			l := listen(t, listener+"://127.0.0.1:0")
			s := &gateway.Server{Handler: kind(), Log: slog.New(slog.NewTextHandler(out, nil))}
			done := make(chan error)
			go func() { done <- l.Serve(s) }()
			c, err := net.Dial("tcp", l.Addr().String())
			if err != nil {
				t.Fatal(err)
			}
			io.WriteString(c, bytes)
			answer, _ := io.ReadAll(c)
			c.Close()
			s.Close()
			<-done
			want := "listener: the front uses " + passes[front] + " where " + passes[listener] + " is meant"
			if got := out.String(); !strings.Contains(got, want) {
				t.Errorf("%s on a %s listener: the log lacks %q:\n%s", front, listener, want, got)
			}
			if n := strings.Count(out.String(), want); n != 1 {
				t.Errorf("%s on a %s listener: logged %d times", front, listener, n)
			}
			if bytes := string(answer); strings.Contains(bytes, "200") {
				t.Errorf("%s on a %s listener: answered %q", front, listener, answer)
			}
		}
	}
}

type lockedBuffer struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.Write(p)
}

func (b *lockedBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.String()
}
