package endpoint

import (
	"io"
	"strings"
	"testing"

	"github.com/postern-gateway/postern/protocol"
)

// A probe by a path waits for no connection of those that requests have: a backend all of whose
// connections are in use is well.
func TestCheckOfABusyBackend(t *testing.T) {
	h := protocol.HandlerFunc(func(w protocol.ResponseWriter, r *protocol.Request) error {
		path, err := r.Params.Path()
		if path != "/ping" {
			io.WriteString(w, strings.Repeat("x", 64<<10))
			<-r.Context().Done()
		}
		return err
	})
	for scheme := range answers {
		t.Run(scheme, func(t *testing.T) {
			at, _ := serving(t, scheme, h)
			be, err := NewBackend(at+"?max-open=1&first-byte-timeout=20ms&probe=1s&probe-by=/ping", nil)
			if err != nil {
				t.Fatal(err)
			}
			defer be.Close()
			res, err := be.Client.RoundTrip(t.Context(), &protocol.Request{Params: protocol.Pairs("REQUEST_METHOD", "GET", "REQUEST_URI", "/", "PATH_INFO", "/",
				"SERVER_PROTOCOL", "HTTP/1.1", "HTTP_HOST", "h")})
			if err != nil {
				t.Fatal(err)
			}
			defer res.Body.Close()
			if err := be.Probe.Check(t.Context()); err != nil {
				t.Error(err)
			}
		})
	}
}
