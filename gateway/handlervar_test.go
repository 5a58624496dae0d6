package gateway_test

import (
	"context"
	"net"
	"strconv"
	"sync"
	"testing"

	"github.com/postern-gateway/postern/gateway"
	"github.com/postern-gateway/postern/scgi"
)

func ExampleHandlerVar() {
	var handler gateway.HandlerVar
	l, _ := net.Listen("tcp", "127.0.0.1:0")
	srv := &gateway.Server{Handler: &handler}
	go srv.Serve(l, scgi.Protocol{})
	defer srv.Close()
	handler.Set(text("the first\n"))
	ask(l, "/")
	handler.Set(gateway.Mux{{Prefix: "/new", Handler: text("the second\n")}})
	ask(l, "/new")
	// Output:
	// 200 the first
	// 200 the second
}

// A request keeps the handler that it began with, though that is taken away.
func TestHandlerVarKeepsHandler(t *testing.T) {
	var v gateway.HandlerVar
	s := &gateway.Server{Handler: &v}
	c := serveSCGI(t, s, unix(t))
	want := func(status int, body string) {
		t.Helper()
		if got, err := get(t, c, "/"); err != nil || got != (answer{status, body}) {
			t.Errorf("got %v, %v; want %d %q", got, err, status, body)
		}
	}
	want(503, "503 Service Unavailable\n")
	first := newBlocking()
	if before := v.Set(first); before != nil {
		t.Errorf("before the first handler there was %v", before)
	}
	held := make(chan answer, 1)
	go func() {
		got, err := get(t, c, "/")
		if err != nil {
			t.Error(err)
		}
		held <- got
	}()
	<-first.entered
	if before := v.Set(text("second")); before != first {
		t.Errorf("before the second handler there was %v", before)
	}
	want(200, "second")
	if before := v.Set(nil); before == nil {
		t.Error("before nil there was none")
	}
	want(503, "503 Service Unavailable\n")
	first.leave <- struct{}{}
	if got := <-held; got != (answer{200, "left"}) {
		t.Errorf("the request of the first handler: %v", got)
	}
}

// While handlers are changed each request has one that was set, and after Set none has an earlier
// one.
func TestHandlerVarWhileServing(t *testing.T) {
	var v gateway.HandlerVar
	v.Set(text("0"))
	s := &gateway.Server{Handler: &v}
	c := serveSCGI(t, s, unix(t))
	ctx, cancel := context.WithCancel(t.Context())
	var clients sync.WaitGroup
	for range 4 {
		clients.Go(func() {
			for last := 0; ctx.Err() == nil; {
				got, err := get(t, c, "/")
				n, nerr := strconv.Atoi(got.Body)
				if err != nil || nerr != nil || n < last {
					t.Errorf("after handler %d: %v, %v", last, got, err)
					return
				}
				last = n
			}
		})
	}
	for i := range 200 {
		v.Set(text(strconv.Itoa(i)))
		if got, err := get(t, c, "/"); err != nil || got.Body != strconv.Itoa(i) {
			t.Errorf("%d was set, and %v answered, %v", i, got, err)
		}
	}
	cancel()
	clients.Wait()
}
