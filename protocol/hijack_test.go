package protocol

import (
	"bufio"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/coder/websocket"
)

// accepts is a handler with a WebSocket library, unmodified.
var accepts = FromHTTP(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
	if c, err := websocket.Accept(w, r, nil); err == nil {
		c.CloseNow()
	}
}))

// A brokenHijacker says that it can hijack, as middleware does for writers that cannot.
type brokenHijacker struct{ *httptest.ResponseRecorder }

func (brokenHijacker) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	return nil, nil, errors.New("not today")
}

func TestWebSocketWhereNothingCanBeHijacked(t *testing.T) {
	hr := httptest.NewRequest("GET", "/", nil)
	for name, value := range map[string]string{"Connection": "Upgrade", "Upgrade": "websocket", "Sec-WebSocket-Version": "13",
		"Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ=="} {
		hr.Header.Set(name, value)
	}
	if got := serve(t, accepts.Serve, NewRequest(hr)); got.status != 501 {
		t.Errorf("an encoder without Hijack: %d %q", got.status, got.body.String())
	}
	w := httptest.NewRecorder()
	ToHTTP(accepts).ServeHTTP(w, hr)
	if w.Code != 501 {
		t.Errorf("a writer without Hijack: %d %q", w.Code, w.Body)
	}
	w = httptest.NewRecorder()
	ToHTTP(accepts).ServeHTTP(brokenHijacker{w}, hr)
	if w.Code != 500 || w.Header().Get("Upgrade") != "" {
		t.Errorf("a Hijack that fails: %d %v", w.Code, w.Header())
	}
	w = httptest.NewRecorder()
	ToHTTP(HandlerFunc(func(w ResponseWriter, r *Request) error {
		w.WriteHeader(101)
		http.NewResponseController(w).Hijack()
		_, err := io.WriteString(w, "Internal Server Error")
		return err
	})).ServeHTTP(brokenHijacker{w}, hr)
	if w.Code != 500 || w.Body.String() != "500 Internal Server Error\n" {
		t.Errorf("a Hijack that fails, then a body: %d %q", w.Code, w.Body)
	}
}

// What stands in front of ToHTTP has its fields in a 101, too.
func TestWebSocketBehindMiddleware(t *testing.T) {
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("X-Before", "yes")
		ToHTTP(accepts).ServeHTTP(w, r)
	}))
	defer s.Close()
	c, res, err := websocket.Dial(t.Context(), s.URL, nil)
	if err != nil {
		t.Fatal(err)
	}
	if c.CloseNow(); res.Header.Get("X-Before") != "yes" {
		t.Errorf("%v", res.Header)
	}
}
