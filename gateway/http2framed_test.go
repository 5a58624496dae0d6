package gateway_test

import (
	"bytes"
	"io"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/net/http2"
	"golang.org/x/net/http2/hpack"

	"github.com/postern-gateway/postern/gateway"
	"github.com/postern-gateway/postern/protocol"
)

// A head that is not whole in time ends its connection of HTTP/2, wherever it stops and whatever
// was before it, and so does a connection that has had no request: both had until the idle timeout.
func TestHTTP2LateHead(t *testing.T) {
	const limit = 3 * time.Second
	var fields bytes.Buffer
	enc := hpack.NewEncoder(&fields)
	for _, f := range [][2]string{{":method", "GET"}, {":scheme", "http"}, {":authority", "h"}, {":path", "/"}} {
		enc.WriteField(hpack.HeaderField{Name: f[0], Value: f[1]})
	}
	frames := func(say func(f *http2.Framer)) []byte {
		var b bytes.Buffer
		say(http2.NewFramer(&b, nil))
		return b.Bytes()
	}
	head := func(stream uint32, whole bool) []byte {
		return frames(func(f *http2.Framer) {
			f.WriteHeaders(http2.HeadersFrameParam{StreamID: stream, BlockFragment: fields.Bytes(), EndStream: true, EndHeaders: whole})
		})
	}
	ping := frames(func(f *http2.Framer) { f.WritePing(false, [8]byte{}) })
	half := head(3, false)
	for name, row := range map[string]struct {
		before, late []byte
		served       int
	}{
		"nothing":                      {nil, nil, 0}, // and a second for the frame that says so
		"half a frame's header":        {head(1, true), half[:5], 1},
		"half a frame":                 {head(1, true), half[:12], 1},
		"half of the first":            {nil, half[:12], 0},
		"a block without its end":      {head(1, true), half, 1},
		"the first one without an end": {nil, half, 0},
		"half a ping":                  {append(head(1, true), ping...), ping[:10], 1},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				served := 0
				s := &gateway.Server{Limits: &protocol.Limits{HeadTimeout: limit, IdleTimeout: time.Hour},
					Handler: protocol.HandlerFunc(func(protocol.ResponseWriter, *protocol.Request) error { served++; return nil })}
				c := servedInBubble(t, s)
				ended := make(chan struct{})
				go func() {
					io.Copy(io.Discard, c)
					close(ended)
				}()
				io.WriteString(c, http2.ClientPreface)
				c.Write(frames(func(f *http2.Framer) { f.WriteSettings() }))
				c.Write(row.before)
				if row.before != nil {
					<-time.After(2 * limit) // idle
				}
				began := time.Now()
				c.Write(row.late)
				<-ended
				want := limit
				if row.late == nil {
					want += time.Second
				}
				if took := time.Since(began); took.Truncate(time.Second) != want || served != row.served {
					t.Errorf("the end came after %v, %d served", took, served)
				}
			})
		})
	}
}

// Of large heads a connection holds as many as Limits.ConnMemory says, and one at least. It held
// 200 KiB for each of 128 requests.
func TestHTTP2LargeHeads(t *testing.T) {
	release := make(chan struct{})
	h := protocol.HandlerFunc(func(w protocol.ResponseWriter, r *protocol.Request) error {
		if r.Params.Get("HTTP_X_WAIT") != "" {
			<-release
		}
		return nil
	})
	budget := new(protocol.Budget)
	limits := &protocol.Limits{ConnMemory: 40 << 10, TotalMemory: 200 << 10, Budget: budget}
	s := &gateway.Server{Handler: h, Limits: limits}
	c := newH2Client(t, serveWeb(t, s, plainListener))
	var large []string
	for range 10 {
		large = append(large, "x-a", strings.Repeat("b", 6<<10))
	}
	c.request(1, true, append(large, "x-wait", "1")...)
	c.request(3, true, large...)
	if got := c.status(3); got != "503" {
		t.Errorf("the second one: %s", got)
	}
	c.request(5, true, "x-a", strings.Repeat("b", 6<<10))
	if got := c.status(5); got != "200" {
		t.Errorf("one of usual size beside it: %s", got)
	}
	close(release)
	if got := c.status(1); got != "200" {
		t.Errorf("the first one: %s", got)
	}
	s.Close()
	if n := budget.HoldMemory(0); n != 0 {
		t.Errorf("%d bytes are still counted", n)
	}
}
