package gateway_test

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/postern-gateway/postern/gateway"
	"github.com/postern-gateway/postern/protocol"
)

// A Proxy's client can send a body again that the request of a net/http handler can.
func TestProxyPassesGetBodyOn(t *testing.T) {
	backend := roundTrip(func(_ context.Context, r *protocol.Request) (*protocol.Response, error) {
		io.ReadFull(r.Body, make([]byte, 2))
		again, err := r.GetBody()
		if err != nil {
			return nil, err
		}
		return &protocol.Response{Status: 200, Header: make(http.Header), Body: again.(io.ReadCloser)}, nil
	})
	hr, err := http.NewRequest("POST", "http://postern.test/", strings.NewReader("hello"))
	if err != nil {
		t.Fatal(err)
	}
	w := httptest.NewRecorder()
	protocol.ToHTTP(&gateway.Proxy{Backend: backend}).ServeHTTP(w, hr)
	if w.Code != 200 || w.Body.String() != "hello" {
		t.Errorf("%d %q", w.Code, w.Body)
	}
}
