package endpoint_test

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"path/filepath"
	"strings"
	"testing"

	"github.com/postern-gateway/postern/gateway"
	"github.com/postern-gateway/postern/gateway/endpoint"
	"github.com/postern-gateway/postern/uwsgi"
	"github.com/postern-gateway/postern/uwsgi/rpc"
)

// Functions are called on a listener of uwsgi and on one of every protocol, beside requests.
func TestRPC(t *testing.T) {
	functions := new(rpc.Registry)
	functions.Register("join", func(_ context.Context, args [][]byte) ([]byte, error) { return fmt.Appendf(nil, "%s", args), nil })
	for _, url := range []string{"uwsgi://127.0.0.1:0", "auto://127.0.0.1:0", "uwsgi+unix:" + filepath.Join(t.TempDir(), "s")} {
		l, err := endpoint.Listen(t.Context(), url)
		if err != nil {
			t.Fatal(err)
		}
		l.UWSGI.Kinds = map[uwsgi.Modifier]uwsgi.Kind{uwsgi.ModifierRPC: functions}
		s := &gateway.Server{Log: slog.New(slog.NewTextHandler(io.Discard, nil))}
		go l.Serve(s)
		defer s.Close()
		at := strings.Replace(l.URL(), "auto:", "uwsgi:", 1)
		c, err := endpoint.NewRPC("uwsgi+unix:/nobody", nil, at)
		if err != nil {
			t.Fatal(err)
		}
		if b, err := c.Call(t.Context(), "join", []byte("a"), []byte("b")); string(b) != "[a b]" || err != nil {
			t.Errorf("%s: %q, %v", url, b, err)
		}
	}
}

func TestRPCIsOverUWSGI(t *testing.T) {
	for url, want := range map[string]string{
		"http://127.0.0.1:80":                           "RPC goes over uwsgi: write uwsgi://HOST:PORT",
		"uwsgi+fd:3":                                    "a file descriptor is for listening",
		"uwsgi://127.0.0.1:3031?allow=*":                "option allow is for listening",
		"uwsgi://127.0.0.1:3031?mount=/a":               "option mount is for requests",
		"uwsgi://127.0.0.1:3031?read-timeout=x":         `bad read-timeout "x"`,
		"uwsgi":                                         "no scheme",
		"uwsgi+unix:/s?first-byte-timeout=1s&param=A=b": "option param is for requests",
	} {
		for _, urls := range [][]string{{url}, {"uwsgi+unix:/s", url}} {
			if _, err := endpoint.NewRPC(urls[0], nil, urls[1:]...); err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("%q: %v, want %s", urls, err, want)
			}
		}
	}
}
