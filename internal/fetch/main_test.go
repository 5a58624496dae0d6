package fetch

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"io"
	"log/slog"
	"net"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"go.uber.org/goleak"

	"github.com/postern-gateway/postern/gateway"
	"github.com/postern-gateway/postern/gateway/endpoint"
	"github.com/postern-gateway/postern/internal/netio/netiotest"
	"github.com/postern-gateway/postern/protocol"
)

func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m, goleak.IgnoreAnyFunction("github.com/postern-gateway/postern/internal/netio.(*watcher).run"))
}

// wires are the protocols that have one.
var wires = []string{"fastcgi", "scgi", "uwsgi", "http"}

// run runs a Config, and returns what it prints and its number; 0 is success.
func run(t *testing.T, ctx context.Context, cfg Config) (out, errs string, code int, err error) {
	t.Helper()
	var stdout, stderr bytes.Buffer
	cfg.Stdout, cfg.Stderr = &stdout, &stderr
	if cfg.Stdin == nil {
		cfg.Stdin = strings.NewReader("")
	}
	if cfg.MaxRedirects == 0 {
		cfg.MaxRedirects = DefaultMaxRedirects
	}
	err = Run(ctx, &cfg)
	if own, ok := errors.AsType[*Error](err); ok {
		code = own.ExitStatus()
		if strings.Contains(own.Error(), "\n") {
			t.Errorf("%q is not one line", own)
		}
	} else if err != nil {
		t.Errorf("an error of another type: %v", err)
	}
	return stdout.String(), stderr.String(), code, err
}

// saying is a backend that says this, and closes.
func saying(t *testing.T, text string) string {
	return netiotest.Peer(t, func(c net.Conn) { io.WriteString(c, text) })
}

// record is a record of FastCGI.
func record(typ byte, content string) string {
	b := []byte{1, typ, 0, 1, 0, 0, 0, 0}
	binary.BigEndian.PutUint16(b[4:], uint16(len(content)))
	return string(b) + content
}

// Records of FastCGI.
func stdout(text string) string { return record(6, text) }

func stdErr(text string) string { return record(7, text) }

func endRequest(status byte) string {
	return record(3, "\x00\x00\x00\x00"+string(status)+"\x00\x00\x00")
}

// serving is Postern with a handler, over each of the wires. It returns the URL of each.
func serving(t *testing.T, h protocol.Handler) map[string]string {
	t.Helper()
	srv := &gateway.Server{Handler: h, Log: slog.New(slog.DiscardHandler)}
	var all sync.WaitGroup
	t.Cleanup(all.Wait)
	t.Cleanup(func() { srv.Close() })
	urls := make(map[string]string)
	for _, wire := range wires {
		url := wire + "://127.0.0.1:0"
		if wire == "scgi" {
			url = "scgi+unix:" + filepath.Join(t.TempDir(), "s")
		}
		l, err := endpoint.Listen(t.Context(), url)
		if err != nil {
			t.Fatal(err)
		}
		all.Go(func() { l.Serve(srv) })
		urls[wire] = l.URL()
		if wire == "scgi" {
			urls[wire] += ":"
		}
	}
	return urls
}

// A received is a request as a handler got it.
type received struct {
	params protocol.Params
	body   string
	role   protocol.Role
	data   string
}

// recording is Postern that keeps the last request of each wire, and answers "ok".
func recording(t *testing.T) (urls map[string]string, last func() received) {
	var mu sync.Mutex
	var got received
	urls = serving(t, protocol.HandlerFunc(func(w protocol.ResponseWriter, r *protocol.Request) error {
		b, err := io.ReadAll(r.Body)
		if err != nil {
			return err
		}
		mu.Lock()
		defer mu.Unlock()
		got = received{params: r.Params.Clone(), body: string(b), role: r.Role}
		if r.Data != nil {
			data, err := io.ReadAll(r.Data)
			if err != nil {
				return err
			}
			got.data = string(data)
		}
		_, err = io.WriteString(w, "ok")
		return err
	}))
	return urls, func() received {
		mu.Lock()
		defer mu.Unlock()
		return got
	}
}
