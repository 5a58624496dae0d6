package endpoint_test

import (
	"bytes"
	"io"
	"log/slog"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/postern-gateway/postern/gateway"
	"github.com/postern-gateway/postern/gateway/endpoint"
	"github.com/postern-gateway/postern/protocol"
)

// What a FastCGI backend writes to FCGI_STDERR was lost: it goes to the log, and to the front's
// error stream where that is wanted.
func TestStderrOfABackend(t *testing.T) {
	l := listen(t, "fastcgi+unix:"+t.TempDir()+"/s")
	s := &gateway.Server{Handler: protocol.HandlerFunc(func(w protocol.ResponseWriter, r *protocol.Request) error {
		out, _ := protocol.Stderr(w)
		_, err := io.WriteString(out, "trouble\nahead\n")
		return err
	})}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		l.Serve(s)
	}()
	defer func() {
		s.Close()
		<-ended
	}()
	for _, options := range []string{"", "?keep=1", "?keep=1&resend"} {
		log, front := new(lockedBuffer), new(bytes.Buffer)
		c, err := endpoint.NewClient(l.URL()+options, &endpoint.ClientOptions{Log: slog.New(slog.NewTextHandler(log, nil))})
		if err != nil {
			t.Fatal(err)
		}
		r := &protocol.Request{Params: protocol.Pairs("REQUEST_METHOD", "GET", "REQUEST_URI", "/a?b")}
		ctx := protocol.WithStderr(t.Context(), front)
		res, err := c.RoundTrip(ctx, r.WithContext(ctx))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.ReadAll(res.Body); err != nil {
			t.Error(err)
		}
		res.Body.Close()
		c.Close()
		for _, want := range []string{`request="GET /a?b" line=trouble`, `request="GET /a?b" line=ahead`} {
			if !strings.Contains(log.String(), want) {
				t.Errorf("%s: the log lacks %s:\n%s", options, want, log.String())
			}
		}
		if diff := cmp.Diff("trouble\nahead\n", front.String()); diff != "" {
			t.Errorf("%s: %s", options, diff)
		}
	}
}
