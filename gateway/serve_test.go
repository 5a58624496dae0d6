package gateway_test

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/postern-gateway/postern/gateway"
	"github.com/postern-gateway/postern/protocol"
	"github.com/postern-gateway/postern/scgi"
)

func TestServesSeveralListenersAtOnce(t *testing.T) {
	s := &gateway.Server{Handler: text("hello")}
	web := tcp(t)
	serve(t, s, func() error { return s.ServeHTTP(web) })
	clients := map[string]protocol.RoundTripper{
		"tcp":  serveSCGI(t, s, tcp(t)),
		"unix": serveSCGI(t, s, unix(t)),
		"http": httpClient(t, web.Addr()),
	}
	for name, c := range clients {
		got, err := get(t, c, "/")
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if diff := cmp.Diff(answer{200, "hello"}, got); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

func httpClient(t *testing.T, addr net.Addr) *gateway.HTTPClient {
	c := &gateway.HTTPClient{Dial: dialer(addr)}
	t.Cleanup(c.CloseIdleConnections)
	return c
}

func TestServeAfterTheEnd(t *testing.T) {
	for name, end := range map[string]func(*gateway.Server) error{
		"Shutdown": func(s *gateway.Server) error { return s.Shutdown(context.Background()) },
		"Close":    (*gateway.Server).Close,
	} {
		s := &gateway.Server{Handler: text("")}
		l := tcp(t)
		done := serve(t, s, func() error { return s.Serve(l, scgi.Protocol{}) })
		awaitListening(t, l)
		if err := end(s); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if err := <-done; err != gateway.ErrServerClosed {
			t.Errorf("%s: the Serve that was running returned %v", name, err)
		}
		late := tcp(t)
		for _, err := range []error{s.Serve(late, scgi.Protocol{}), s.ServeHTTP(tcp(t)), s.ServeAny(tcp(t))} {
			if err != gateway.ErrServerClosed {
				t.Errorf("%s: a later Serve returned %v", name, err)
			}
		}
		if _, err := net.Dial("tcp", late.Addr().String()); err == nil {
			t.Errorf("%s: a later Serve left its listener open", name)
		}
	}
}

// awaitListening waits until a connection is accepted and read from.
func awaitListening(t *testing.T, l net.Listener) {
	t.Helper()
	if _, err := get(t, scgiClient(l.Addr()), "/"); err != nil {
		t.Fatal(err)
	}
}

func TestListenerThatFails(t *testing.T) {
	l := tcp(t)
	l.Close()
	s := &gateway.Server{Handler: text("")}
	err := s.Serve(l, scgi.Protocol{})
	if !errors.Is(err, net.ErrClosed) {
		t.Errorf("Serve on a closed listener returned %v", err)
	}
}

func TestPanicsAreContained(t *testing.T) {
	out, logger := newLog()
	s := &gateway.Server{Log: logger, Handler: protocol.HandlerFunc(func(w protocol.ResponseWriter, r *protocol.Request) error {
		if r.Params.Get("PATH_INFO") == "/panic" {
			panic("the handler's own fault")
		}
		return nil
	})}
	web := tcp(t)
	serve(t, s, func() error { return s.ServeHTTP(web) })
	for name, c := range map[string]protocol.RoundTripper{"scgi": serveSCGI(t, s, tcp(t)), "http": httpClient(t, web.Addr())} {
		for _, row := range []struct {
			uri  string
			want int
		}{{"/panic", 500}, {"/", 200}} {
			if got, err := get(t, c, row.uri); err != nil || got.Status != row.want {
				t.Errorf("%s: GET %s: %d, %v, want %d", name, row.uri, got.Status, err, row.want)
			}
		}
	}
	out.await(t, "the handler's own fault")
}

// A protocol whose own code panics loses its connection, not the process.
func TestProtocolThatPanics(t *testing.T) {
	out, logger := newLog()
	s := &gateway.Server{Log: logger, Handler: text("")}
	l := tcp(t)
	serve(t, s, func() error { return s.Serve(l, broken{}) })
	c, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	io.WriteString(c, "xx")
	if _, err := c.Read(make([]byte, 1)); err == nil {
		t.Error("an answer")
	}
	out.await(t, "broken on purpose")
}

type broken struct{ scgi.Protocol }

func (broken) NewConn(net.Conn, *protocol.Limits) protocol.Conn { panic("broken on purpose") }

func TestMaxConns(t *testing.T) {
	h := newBlocking()
	s := &gateway.Server{Handler: h, MaxConns: 2}
	web := tcp(t)
	serve(t, s, func() error { return s.ServeHTTP(web) })
	clients := []protocol.RoundTripper{serveSCGI(t, s, tcp(t)), serveSCGI(t, s, unix(t)), httpClient(t, web.Addr())}
	answers := make(chan error, 6)
	for i := range 6 {
		go func() {
			res, err := clients[i%3].RoundTrip(t.Context(), &protocol.Request{Params: append(requestParams("GET", "/"),
				protocol.Param{Name: "HTTP_CONNECTION", Value: "close"})})
			if err == nil {
				_, err = io.ReadAll(res.Body)
				res.Body.Close()
			}
			if c, ok := clients[i%3].(*gateway.HTTPClient); ok {
				c.CloseIdleConnections()
			}
			answers <- err
		}()
	}
	for range 3 {
		<-h.entered
		<-h.entered
		select {
		case <-h.entered:
			t.Fatal("three requests at once on two connections")
		default:
		}
		for range 2 {
			h.leave <- struct{}{}
			if err := <-answers; err != nil {
				t.Error(err)
			}
		}
	}
}

// The end of a server reaches those who wait for room.
func TestCloseWhileFull(t *testing.T) {
	h := newBlocking()
	s := &gateway.Server{Handler: h, MaxConns: 1}
	l := unix(t)
	done := serve(t, s, func() error { return s.Serve(l, scgi.Protocol{}) })
	answered := make(chan bool, 2)
	for range 2 {
		go func() {
			got, err := get(t, scgiClient(l.Addr()), "/")
			answered <- err == nil && got.Status != 503
		}()
	}
	<-h.entered
	s.Close()
	if err := <-done; err != gateway.ErrServerClosed {
		t.Errorf("Serve returned %v", err)
	}
	for range 2 {
		if <-answered {
			t.Error("a request on a closed server got an answer")
		}
	}
}

func TestLimitsHold(t *testing.T) {
	out, logger := newLog()
	s := &gateway.Server{Handler: text(""), Log: logger, Limits: &protocol.Limits{ParamCount: 20, Body: 3, ParamBytes: 8000}}
	web := tcp(t)
	serve(t, s, func() error { return s.ServeHTTP(web) })
	for name, c := range map[string]protocol.RoundTripper{"scgi": serveSCGI(t, s, tcp(t)), "http": httpClient(t, web.Addr())} {
		many := requestParams("POST", "/")
		for i := range 30 {
			many.Add("HTTP_X_"+strings.Repeat("A", i+1), "v")
		}
		long := append(requestParams("POST", "/"), protocol.Param{Name: "HTTP_X", Value: strings.Repeat("v", 20000)})
		for _, row := range []struct {
			text string
			r    *protocol.Request
			want int
		}{
			{"too many variables", &protocol.Request{Params: many}, 431},
			{"too long a variable", &protocol.Request{Params: long}, 431},
			{"too long a body", &protocol.Request{Params: requestParams("POST", "/"), Body: strings.NewReader("four"), ContentLength: 4}, 413},
		} {
			res, err := c.RoundTrip(t.Context(), row.r)
			if err != nil {
				t.Errorf("%s: %s: %v", name, row.text, err)
				continue
			}
			if res.Body.Close(); res.Status != row.want {
				t.Errorf("%s: %s: status %d, want %d", name, row.text, res.Status, row.want)
			}
		}
	}
	out.await(t, "header fields")
}

func TestConnectionsThatSayNothingEnd(t *testing.T) {
	s := &gateway.Server{Handler: text(""), Limits: &protocol.Limits{HeadTimeout: 1}}
	web, raw, any := tcp(t), tcp(t), tcp(t)
	serve(t, s, func() error { return s.ServeHTTP(web) })
	serve(t, s, func() error { return s.Serve(raw, scgi.Protocol{}) })
	serve(t, s, func() error { return s.ServeAny(any, scgi.Protocol{}) })
	for _, l := range []net.Listener{web, raw, any} {
		c, err := net.Dial("tcp", l.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.ReadAll(c); err != nil {
			t.Errorf("%v", err)
		}
		c.Close()
	}
}

func TestBodyThatStalls(t *testing.T) {
	out, logger := newLog()
	s := &gateway.Server{Log: logger, Limits: &protocol.Limits{BodyTimeout: 1e6}, Handler: protocol.HandlerFunc(
		func(w protocol.ResponseWriter, r *protocol.Request) error {
			_, err := io.ReadAll(r.Body)
			return err
		})}
	l := tcp(t)
	serve(t, s, func() error { return s.ServeHTTP(l) })
	c, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	io.WriteString(c, "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 10\r\n\r\n12345")
	res, err := http.ReadResponse(bufio.NewReader(c), nil)
	if err != nil {
		t.Fatal(err)
	}
	if res.Body.Close(); res.StatusCode != http.StatusRequestTimeout {
		t.Errorf("status %d, want 408", res.StatusCode)
	}
	out.await(t, "nothing came for 1ms")
}
