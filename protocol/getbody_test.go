package protocol

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// readAgain returns what r's GetBody returns, after some of Body was read.
func readAgain(t *testing.T, r *Request) string {
	t.Helper()
	io.ReadFull(r.Body, make([]byte, 2))
	again, err := r.GetBody()
	if err != nil {
		t.Fatal(err)
	}
	b, err := io.ReadAll(again)
	if err != nil {
		return string(b) + ", then " + err.Error()
	}
	return string(b)
}

// A body that a net/http client could send again, a handler here can too, and the other way round.
func TestGetBody(t *testing.T) {
	hr, err := http.NewRequest("POST", "http://postern.test/", strings.NewReader("hello"))
	if err != nil {
		t.Fatal(err)
	}
	if got := readAgain(t, NewRequest(hr)); got != "hello" {
		t.Errorf("by NewRequest: %q", got)
	}
	hr.Body, _ = hr.GetBody()
	derived, err := NewRequest(hr).HTTP()
	if err != nil {
		t.Fatal(err)
	}
	again, err := derived.GetBody()
	if b, _ := io.ReadAll(again); string(b) != "hello" || err != nil {
		t.Errorf("by HTTP: %q, %v", b, err)
	}
	hr.GetBody = func() (io.ReadCloser, error) { return nil, io.ErrClosedPipe }
	if again, err := NewRequest(hr).GetBody(); again != nil || err != io.ErrClosedPipe {
		t.Errorf("an error of it: %v, %v", again, err)
	}
	hr.Body, hr.GetBody = io.NopCloser(strings.NewReader("hello")), nil
	r := NewRequest(hr)
	if derived, err := r.HTTP(); r.GetBody != nil || derived.GetBody != nil || err != nil {
		t.Errorf("a body that is there once has a GetBody, or %v", err)
	}
}

// What a handler gets by GetBody is held to the limits of its body.
func TestGetBodyIsBounded(t *testing.T) {
	hr, err := http.NewRequest("POST", "http://postern.test/", strings.NewReader("hello"))
	if err != nil {
		t.Fatal(err)
	}
	hr.ContentLength = -1
	l := &Loop{Limits: &Limits{Body: 4}, Handler: HandlerFunc(func(w ResponseWriter, r *Request) error {
		if got := readAgain(t, r.WithContext(r.Context())); got != ", then read body: too large: 5 > 4 bytes" {
			t.Errorf("got %q", got)
		}
		return nil
	})}
	l.ServeHTTP(httptest.NewRecorder(), hr)
}

// A body that was taken in can be read again.
func TestGetBodyOfABufferedBody(t *testing.T) {
	long := strings.Repeat("0123456789", 10)
	r, done, err := BufferUnknownLength(&Request{Body: strings.NewReader(long), ContentLength: -1}, &Limits{SpoolMemory: 30})
	if err != nil {
		t.Fatal(err)
	}
	defer done()
	for range 2 {
		if got := readAgain(t, r); got != long {
			t.Errorf("got %q", got)
		}
	}
	if _, err := r.Body.(*Spool).Read(nil); errors.Is(err, io.EOF) {
		t.Error("the body itself was read to its end")
	}
}
