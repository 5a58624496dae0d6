package site_test

import (
	"bufio"
	"net"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/postern-gateway/postern/gateway/site"
	"github.com/postern-gateway/postern/protocol"
)

// Libraries ask the writer itself what it can do, and answer 501 where it is no http.Hijacker.
// Behind a SendFiles it is one where it was one before, and there alone.
func TestSendFilesHidesNothingOfItsWriter(t *testing.T) {
	for _, want := range []bool{true, false} {
		hijacker, flusher := false, false
		h := &site.SendFiles{Handler: protocol.FromHTTP(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			_, hijacker = w.(http.Hijacker)
			_, flusher = w.(http.Flusher)
		}))}
		var w http.ResponseWriter = httptest.NewRecorder()
		if want {
			w = hijackable{httptest.NewRecorder()}
		}
		if err := h.Serve(w, protocol.NewRequest(httptest.NewRequest("GET", "/", nil))); err != nil {
			t.Fatal(err)
		}
		if hijacker != want || !flusher {
			t.Errorf("a Hijacker: %t, want %t; a Flusher: %t", hijacker, want, flusher)
		}
	}
}

type hijackable struct{ *httptest.ResponseRecorder }

func (hijackable) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	return nil, nil, http.ErrNotSupported
}
