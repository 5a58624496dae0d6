package gateway_test

import (
	"errors"
	"io"
	"log/slog"
	"net"
	"strings"
	"testing"

	"github.com/postern-gateway/postern/gateway"
	"github.com/postern-gateway/postern/protocol"
)

// A client of HTTP that leaves while its response is written is told as one of any other protocol:
// by an ErrAborted, which is logged as information. An error of what is copied is not.
func TestClientOfHTTPThatLeaves(t *testing.T) {
	backend := &net.OpError{Op: "read", Net: "tcp", Err: errors.New("connection reset")}
	for name, row := range map[string]struct {
		write func(w io.Writer) error
		gone  bool
	}{
		"written": {func(w io.Writer) (err error) {
			for err == nil {
				_, err = w.Write(make([]byte, 64<<10))
			}
			return err
		}, true},
		"copied": {func(w io.Writer) error {
			_, err := io.Copy(w, struct{ io.Reader }{zeros{}})
			return err
		}, true},
		"copied from what fails": {func(w io.Writer) error {
			_, err := io.Copy(w, io.MultiReader(strings.NewReader(strings.Repeat("x", 8<<10)), failingReader{backend}))
			return err
		}, false},
	} {
		for network, l := range map[string]net.Listener{"unix": unix(t), "tcp": loopback(t)} {
			t.Run(name+" "+network, func(t *testing.T) {
				failed := make(chan error, 1)
				s := &gateway.Server{Log: slog.New(slog.DiscardHandler), Handler: protocol.HandlerFunc(func(w protocol.ResponseWriter, _ *protocol.Request) error {
					err := row.write(w)
					failed <- err
					return err
				})}
				serve(t, s, func() error { return s.ServeHTTP(l) })
				c := dial(t, l.Addr())
				io.WriteString(c, "GET / HTTP/1.1\r\nHost: a\r\n\r\n")
				if row.gone {
					io.ReadFull(c, make([]byte, 1000))
					c.Close()
				}
				if err := <-failed; err == nil || errors.Is(err, protocol.ErrAborted) != row.gone {
					t.Errorf("%v", err)
				}
			})
		}
	}
}

// zeros reads as zeros without an end.
type zeros struct{}

func (zeros) Read(p []byte) (int, error) {
	clear(p)
	return len(p), nil
}

// failingReader is a reader that fails.
type failingReader struct{ err error }

func (f failingReader) Read([]byte) (int, error) { return 0, f.err }

func loopback(t *testing.T) net.Listener {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	return l
}
