package endpoint_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"

	"github.com/postern-gateway/postern/protocol"
	"github.com/postern-gateway/postern/protocol/protocoltest"
)

// webHandler is what stands behind every Transport here.
func webHandler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("/echo", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("X-Seen", r.Method+" "+r.Host+" "+r.URL.String()+" "+r.Header.Get("X-Tag"))
		io.Copy(w, r.Body)
	})
	mux.HandleFunc("/cut", func(w http.ResponseWriter, r *http.Request) {
		io.WriteString(w, "half")
		w.(http.Flusher).Flush()
		panic(http.ErrAbortHandler)
	})
	mux.HandleFunc("/hang", func(w http.ResponseWriter, r *http.Request) {
		io.WriteString(w, "begun")
		w.(http.Flusher).Flush()
		<-r.Context().Done()
	})
	mux.HandleFunc("/silent", func(w http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
	mux.HandleFunc("/ws", func(w http.ResponseWriter, r *http.Request) {
		c, err := websocket.Accept(w, r, nil)
		if err != nil {
			return
		}
		defer c.CloseNow()
		if kind, message, err := c.Read(r.Context()); err == nil {
			c.Write(r.Context(), kind, message)
		}
	})
	mux.Handle("/there", http.RedirectHandler("/echo?there", http.StatusSeeOther))
	return mux
}

// webClient is net/http's client of webHandler over s.
func (s side) webClient(t *testing.T) *http.Client {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	site := &protocoltest.Site{Listener: l, Loop: protocol.Loop{Handler: protocol.FromHTTP(webHandler()), Log: slog.New(slog.DiscardHandler)}}
	site.Dial = func(ctx context.Context) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, "tcp", l.Addr().String())
	}
	s.serve(t, site)
	return &http.Client{Transport: &protocol.Transport{Backend: protocoltest.Connect(t, s.client, site)}}
}

// TestTransport has net/http's client, and its ReverseProxy, call a server of each protocol.
func TestTransport(t *testing.T) {
	for _, s := range sides {
		t.Run(s.name, func(t *testing.T) {
			client := s.webClient(t)
			t.Run("client", func(t *testing.T) { webCalls(t, client, "http://web.test", s) })
			t.Run("reverse proxy", func(t *testing.T) {
				target := &url.URL{Scheme: "http", Host: "web.test"}
				front := httptest.NewServer(&httputil.ReverseProxy{
					Transport: client.Transport, ErrorLog: log.New(io.Discard, "", 0),
					Rewrite: func(r *httputil.ProxyRequest) { r.SetURL(target) },
				})
				defer front.Close()
				webCalls(t, front.Client(), front.URL, s)
			})
		})
	}
}

// webCalls has client call webHandler at base.
func webCalls(t *testing.T, client *http.Client, base string, s side) {
	big := bytes.Repeat([]byte("0123456789abcdef"), 100_000)
	for _, row := range []struct {
		text, method, path string
		body               io.Reader
		seen, want         string
	}{
		{"GET", "GET", "/echo?a=%20b", nil, "GET web.test /echo?a=%20b tag", ""},
		{"a small body", "POST", "/echo", strings.NewReader("small"), "POST web.test /echo tag", "small"},
		{"a large body", "PUT", "/echo", bytes.NewReader(big), "PUT web.test /echo tag", string(big)},
		{"a body of unknown length", "POST", "/echo", io.MultiReader(strings.NewReader("of un"), strings.NewReader("known length")), "POST web.test /echo tag", "of unknown length"},
		{"a redirect", "POST", "/there", strings.NewReader("gone"), "GET web.test /echo?there tag", ""},
	} {
		hr, err := http.NewRequestWithContext(t.Context(), row.method, base+row.path, row.body)
		if err != nil {
			t.Fatal(err)
		}
		hr.Header.Set("X-Tag", "tag")
		res, err := client.Do(hr)
		if err != nil {
			t.Errorf("%s: %v", row.text, err)
			continue
		}
		b, err := io.ReadAll(res.Body)
		res.Body.Close()
		if seen := res.Header.Get("X-Seen"); seen != row.seen || string(b) != row.want || err != nil {
			t.Errorf("%s: %q, %d bytes, %v", row.text, seen, len(b), err)
		}
	}
	webEnds(t, client, base)
	if s.has&protocoltest.Hijack != 0 {
		webSocketEchoes(t, client, base)
	}
}

// webEnds has responses end before they are whole, and the client end one.
func webEnds(t *testing.T, client *http.Client, base string) {
	res, err := client.Get(base + "/cut")
	if err != nil {
		t.Fatal(err)
	}
	b, err := io.ReadAll(res.Body)
	res.Body.Close()
	if string(b) != "half" || err == nil {
		t.Errorf("a cut: %q, %v", b, err)
	}
	ctx, end := context.WithCancel(t.Context())
	hr, _ := http.NewRequestWithContext(ctx, "GET", base+"/hang", nil)
	if res, err = client.Do(hr); err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if _, err := io.ReadFull(res.Body, make([]byte, len("begun"))); err != nil {
		t.Error(err)
	}
	end()
	if _, err := res.Body.Read(make([]byte, 1)); !errors.Is(err, context.Canceled) {
		t.Errorf("after the context's end: %v", err)
	}
}

func webSocketEchoes(t *testing.T, client *http.Client, base string) {
	c, _, err := websocket.Dial(t.Context(), base+"/ws", &websocket.DialOptions{HTTPClient: client})
	if err != nil {
		t.Error(err)
		return
	}
	defer c.CloseNow()
	if err := c.Write(t.Context(), websocket.MessageText, []byte("hello")); err != nil {
		t.Error(err)
	}
	if _, b, err := c.Read(t.Context()); string(b) != "hello" || err != nil {
		t.Errorf("a WebSocket: %q, %v", b, err)
	}
}

// A Transport's errors have their kinds, also where a client wraps them.
func TestTransportErrors(t *testing.T) {
	for _, s := range sides {
		nobody := s.client(func(context.Context) (net.Conn, error) { return nil, errors.New("nobody listens") }, nil)
		client := &http.Client{Transport: &protocol.Transport{Backend: nobody}}
		_, err := client.Get("http://web.test/")
		e, ok := errors.AsType[*protocol.Error](err)
		if !ok || e.Kind != protocol.ErrUpstream || !e.NotSent {
			t.Errorf("%s: %v", s.name, err)
		}
		client.CloseIdleConnections()
	}
	client := sides[1].webClient(t)
	ctx, end := context.WithTimeout(t.Context(), 10*time.Millisecond)
	defer end()
	hr, _ := http.NewRequestWithContext(ctx, "GET", "http://web.test/silent", nil)
	_, err := client.Do(hr)
	if e, ok := errors.AsType[*url.Error](err); !ok || !e.Timeout() || !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("after the context's deadline: %v", err)
	}
	res, err := client.Get("http://web.test/cut")
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if _, err := io.ReadAll(res.Body); !errors.Is(err, protocol.ErrUpstream) {
		t.Errorf("a cut: %v", err)
	}
}

// A webTransport has a client of this module's called by way of net/http's requests and responses.
// The variables are those of the request that it is given, whatever they are.
type webTransport struct{ backend protocol.RoundTripper }

func (w webTransport) RoundTrip(ctx context.Context, r *protocol.Request) (*protocol.Response, error) {
	body := r.Body
	if r.ContentLength == 0 { // which net/http takes for unknown where there is a body
		body = nil
	}
	hr, err := http.NewRequestWithContext(ctx, "POST", "http://web.test/", body)
	if err != nil {
		return nil, err
	}
	hr.ContentLength = r.ContentLength
	t := &protocol.Transport{Backend: w.backend, Rewrite: func(out *protocol.Request) { out.Params = r.Params }}
	res, err := t.RoundTrip(hr)
	if err != nil {
		return nil, err
	}
	return &protocol.Response{Status: res.StatusCode, Header: res.Header, Body: res.Body}, nil
}

// TestTransportConforms runs the suite through a Transport. What it adds is the same over each
// protocol: SCGI stands for all.
func TestTransportConforms(t *testing.T) {
	s := sides[1]
	protocoltest.Run(t, protocoltest.Pair{
		Name: s.name,
		Start: func(tb testing.TB, site *protocoltest.Site) protocol.RoundTripper {
			s.serve(tb, site)
			return webTransport{protocoltest.Connect(tb, s.client, site)}
		},
		Networks: []string{"unix"},
		Has:      s.has | protocoltest.NoReason,
	})
}
