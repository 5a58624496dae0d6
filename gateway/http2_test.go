package gateway_test

import (
	"bytes"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/net/http2"
	"golang.org/x/net/http2/hpack"

	"github.com/postern-gateway/postern/gateway"
	"github.com/postern-gateway/postern/internal/certtest"
	"github.com/postern-gateway/postern/protocol"
)

func plainListener(l net.Listener) net.Listener { return l }

// HTTP/2 by prior knowledge is served beside HTTP/1.1, on auto too, and a whole body goes both
// ways.
func TestCleartextHTTP2(t *testing.T) {
	echo := protocol.HandlerFunc(func(w protocol.ResponseWriter, r *protocol.Request) error {
		if _, ok := w.(http.Hijacker); ok == strings.HasPrefix(r.Params.Get("SERVER_PROTOCOL"), "HTTP/2") {
			t.Errorf("%s: a Hijacker: %t", r.Params.Get("SERVER_PROTOCOL"), ok)
		}
		w.Header().Set("X-Scheme", r.Params.Get("REQUEST_SCHEME")+r.Params.Get("SSL_PROTOCOL"))
		_, err := io.Copy(w, r.Body)
		return err
	})
	for name, serve := range map[string]func(*gateway.Server, net.Listener) error{
		"http": (*gateway.Server).ServeHTTP,
		"auto": func(s *gateway.Server, l net.Listener) error { return s.ServeAny(l) },
	} {
		for _, wrap := range []func(net.Listener) net.Listener{plainListener, func(l net.Listener) net.Listener { return opaqueListener{l} }} {
			l, err := net.Listen("tcp", "127.0.0.1:0")
			if err != nil {
				t.Fatal(err)
			}
			s := &gateway.Server{Handler: echo}
			ended := make(chan error, 1)
			go func() { ended <- serve(s, wrap(l)) }()
			for two, proto := range map[bool]string{false: "HTTP/1.1", true: "HTTP/2.0"} {
				sent := bytes.Repeat([]byte("0123456789"), 100_000)
				res, err := webClient(t, l.Addr(), nil, two).Post("http://localhost/", "text/plain", bytes.NewReader(sent))
				if err != nil {
					t.Fatal(name, proto, err)
				}
				got, err := io.ReadAll(res.Body)
				res.Body.Close()
				if err != nil || !bytes.Equal(got, sent) || res.Proto != proto || res.Header.Get("X-Scheme") != "http" {
					t.Errorf("%s: %s %v: %d bytes, %v", name, res.Proto, res.Header, len(got), err)
				}
			}
			s.Close()
			<-ended
		}
	}
}

// An opaqueListener gives connections of which nothing but net.Conn is known.
type opaqueListener struct{ net.Listener }

func (l opaqueListener) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return struct{ net.Conn }{c}, nil
}

// An h2Client speaks HTTP/2 frame by frame.
type h2Client struct {
	*http2.Framer
	t     *testing.T
	conn  net.Conn
	heads bytes.Buffer
	hpack *hpack.Encoder

	unpack *hpack.Decoder
	said   string // the status of the last head
}

func newH2Client(t *testing.T, addr net.Addr, settings ...http2.Setting) *h2Client {
	c := &h2Client{t: t, conn: dial(t, addr)}
	c.Framer, c.hpack = http2.NewFramer(c.conn, c.conn), hpack.NewEncoder(&c.heads)
	c.unpack = hpack.NewDecoder(4096, func(f hpack.HeaderField) {
		if f.Name == ":status" {
			c.said = f.Value
		}
	})
	io.WriteString(c.conn, http2.ClientPreface)
	c.WriteSettings(settings...)
	return c
}

// request begins a request, whose body may follow unless it ends here.
func (c *h2Client) request(stream uint32, ends bool, fields ...string) {
	c.heads.Reset()
	fields = append([]string{":method", "GET", ":scheme", "http", ":authority", "localhost", ":path", "/"}, fields...)
	if fields[len(fields)-2] == ":method" {
		fields[1] = fields[len(fields)-1]
		fields = fields[:len(fields)-2]
	}
	for i := 0; i < len(fields); i += 2 {
		c.hpack.WriteField(hpack.HeaderField{Name: fields[i], Value: fields[i+1]})
	}
	block := c.heads.Bytes()
	first := block[:min(len(block), 16<<10)]
	c.WriteHeaders(http2.HeadersFrameParam{StreamID: stream, BlockFragment: first, EndStream: ends, EndHeaders: len(first) == len(block)})
	for block = block[len(first):]; len(block) > 0; {
		n := min(len(block), 16<<10)
		c.WriteContinuation(stream, n == len(block), block[:n])
		block = block[n:]
	}
}

// await reads frames until one that fits, and answers what must be answered.
func (c *h2Client) await(what string, fits func(http2.Frame) bool) http2.Frame {
	c.t.Helper()
	for {
		f, err := c.ReadFrame()
		if err != nil {
			c.t.Fatalf("%s: %v", what, err)
		}
		switch f := f.(type) {
		case *http2.SettingsFrame:
			if !f.IsAck() {
				c.WriteSettingsAck()
			}
		case *http2.HeadersFrame:
			c.unpack.Write(f.HeaderBlockFragment())
		}
		if fits(f) {
			return f
		}
	}
}

// status waits for the head of the response on a stream.
func (c *h2Client) status(stream uint32) string {
	c.t.Helper()
	c.await("a response", func(f http2.Frame) bool {
		return f.Header().Type == http2.FrameHeaders && f.Header().StreamID == stream
	})
	return c.said
}

func isReset(stream uint32) func(http2.Frame) bool {
	return func(f http2.Frame) bool {
		return f.Header().Type == http2.FrameRSTStream && f.Header().StreamID == stream
	}
}

// The limits of a request, and of what a connection may have open at once, hold.
func TestHTTP2Limits(t *testing.T) {
	limits := &protocol.Limits{Requests: 7, ParamCount: 40, ParamBytes: 8 << 10}
	addr := serveWeb(t, &gateway.Server{Handler: sayingText("x"), Limits: limits}, plainListener)
	c := newH2Client(t, addr)
	f := c.await("SETTINGS", func(f http2.Frame) bool { return f.Header().Type == http2.FrameSettings }).(*http2.SettingsFrame)
	if n, _ := f.Value(http2.SettingMaxConcurrentStreams); n != 7 {
		t.Errorf("%d requests at once, want 7", n)
	}
	if _, ok := f.Value(http2.SettingEnableConnectProtocol); ok {
		t.Error("extended CONNECT is offered")
	}
	c.request(1, true, "x-a", "b")
	if got := c.status(1); got != "200" {
		t.Errorf("a request: %s", got)
	}
	var many []string
	for range 41 {
		many = append(many, "x-a", "b")
	}
	c.request(3, true, many...)
	if got := c.status(3); got != "431" {
		t.Errorf("41 fields: %s", got)
	}
	c.request(5, true, ":method", "CONNECT")
	if f := c.await("an answer to CONNECT", func(f http2.Frame) bool { return f.Header().StreamID == 5 }); f.Header().Type != http2.FrameRSTStream {
		t.Errorf("CONNECT with a path: %v", f)
	}
	many = nil
	for range 9 {
		many = append(many, "x-a", strings.Repeat("b", 1<<10))
	}
	c.request(7, true, many...)
	if got := c.status(7); got != "431" {
		t.Errorf("9 KiB of fields: %s", got)
	}
}

// Requests that are taken back at once do not pile up: the connection ends.
func TestHTTP2RapidReset(t *testing.T) {
	release := make(chan struct{})
	var running, most atomic.Int32
	h := protocol.HandlerFunc(func(w protocol.ResponseWriter, r *protocol.Request) error {
		n := running.Add(1)
		for old := most.Load(); n > old && !most.CompareAndSwap(old, n); old = most.Load() {
		}
		<-release
		running.Add(-1)
		return nil
	})
	addr := serveWeb(t, &gateway.Server{Handler: h, Limits: &protocol.Limits{Requests: 4}}, plainListener)
	c := newH2Client(t, addr)
	c.await("SETTINGS", func(f http2.Frame) bool { return f.Header().Type == http2.FrameSettings })
	go func() {
		for stream := uint32(1); stream < 2000; stream += 2 {
			c.request(stream, true)
			c.WriteRSTStream(stream, http2.ErrCodeCancel)
		}
	}()
	f := c.await("GOAWAY", func(f http2.Frame) bool { return f.Header().Type == http2.FrameGoAway }).(*http2.GoAwayFrame)
	if f.ErrCode != http2.ErrCodeEnhanceYourCalm {
		t.Errorf("GOAWAY says %v", f.ErrCode)
	}
	close(release)
	if n := most.Load(); n > 4 {
		t.Errorf("%d handlers at once, want 4 at most", n)
	}
}

// A body that does not come and a response that nobody takes end their own stream alone.
func TestHTTP2Deadlines(t *testing.T) {
	h := protocol.HandlerFunc(func(w protocol.ResponseWriter, r *protocol.Request) error {
		if _, err := io.Copy(io.Discard, r.Body); err != nil {
			return err
		}
		_, err := w.Write(make([]byte, 64<<10))
		return err
	})
	limits := &protocol.Limits{BodyTimeout: 20 * time.Millisecond, WriteTimeout: 20 * time.Millisecond}
	_, logger := newLog()
	addr := serveWeb(t, &gateway.Server{Handler: h, Limits: limits, Log: logger}, plainListener)
	c := newH2Client(t, addr, http2.Setting{ID: http2.SettingInitialWindowSize, Val: 10})
	c.request(1, false)
	if got := c.status(1); got != "408" {
		t.Errorf("a body that does not come: %s", got)
	}
	c.request(3, true)
	c.await("the end of a response that nobody takes", isReset(3))
	c.WriteWindowUpdate(0, 1<<20)
	c.request(5, true)
	if got := c.status(5); got != "200" {
		t.Errorf("the next request: %s", got)
	}
}

// A response that is cut is a stream's reset.
func TestHTTP2Cut(t *testing.T) {
	_, logger := newLog()
	h := protocol.HandlerFunc(func(w protocol.ResponseWriter, r *protocol.Request) error {
		io.WriteString(w, "part")
		w.(http.Flusher).Flush()
		return errors.New("cut")
	})
	c := newH2Client(t, serveWeb(t, &gateway.Server{Handler: h, Log: logger}, plainListener))
	c.request(1, true)
	c.await("a reset", isReset(1))
}

// A shutdown tells the peer, lets requests end, and closes a connection that is idle.
func TestHTTP2Shutdown(t *testing.T) {
	begun, release := make(chan struct{}), make(chan struct{})
	h := protocol.HandlerFunc(func(w protocol.ResponseWriter, r *protocol.Request) error {
		if r.Params.Get("HTTP_X_WAIT") != "" {
			close(begun)
			<-release
		}
		_, err := io.WriteString(w, "whole")
		return err
	})
	s := &gateway.Server{Handler: h}
	addr := serveWeb(t, s, plainListener)
	idle, busy := newH2Client(t, addr), newH2Client(t, addr)
	idle.request(1, true)
	if got := idle.status(1); got != "200" {
		t.Error(got)
	}
	idle.await("the end of the answer", func(f http2.Frame) bool {
		d, ok := f.(*http2.DataFrame)
		return ok && d.StreamEnded()
	})
	busy.request(1, true, "x-wait", "1")
	<-begun
	done := make(chan error, 1)
	go func() { done <- s.Shutdown(t.Context()) }()
	for _, c := range []*h2Client{idle, busy} {
		f := c.await("GOAWAY", func(f http2.Frame) bool { return f.Header().Type == http2.FrameGoAway }).(*http2.GoAwayFrame)
		if f.ErrCode != http2.ErrCodeNo {
			t.Errorf("GOAWAY says %v", f.ErrCode)
		}
	}
	if _, err := idle.ReadFrame(); err != io.EOF {
		t.Errorf("an idle connection: %v", err)
	}
	close(release)
	if got := busy.status(1); got != "200" {
		t.Errorf("a request that was being served: %s", got)
	}
	if err := <-done; err != nil {
		t.Error(err)
	}
}

// Close ends handlers' contexts, and returns when they have.
func TestHTTP2Close(t *testing.T) {
	begun := make(chan struct{})
	var returned atomic.Bool
	h := protocol.HandlerFunc(func(w protocol.ResponseWriter, r *protocol.Request) error {
		close(begun)
		<-r.Context().Done()
		returned.Store(true)
		return nil
	})
	ca := certtest.New(t)
	s := &gateway.Server{Handler: h}
	addr := serveWeb(t, s, over(ca.Server(t)))
	go func() {
		if res, err := webClient(t, addr, ca.Client(), true).Get("https://localhost/"); err == nil {
			res.Body.Close()
		}
	}()
	<-begun
	s.Close()
	if !returned.Load() {
		t.Error("a handler runs on after Close")
	}
}
