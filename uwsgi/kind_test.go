package uwsgi

import (
	"io"
	"net"
	"net/http"
	"strings"
	"testing"

	"github.com/postern-gateway/postern/internal/netio/netiotest"
	"github.com/postern-gateway/postern/protocol"
)

// echoKind answers a packet with its block behind a status, in a form of its own.
type echoKind struct{}

func (echoKind) Open(h Header, peer net.Addr) (Service, error) {
	switch h.Modifier2 {
	case 7:
		return nil, &protocol.Error{Protocol: "uwsgi", Op: "echo", Kind: protocol.ErrForbidden, Detail: peer.String()}
	case 8:
		return echoService{}, &protocol.Error{Op: "echo", Kind: protocol.ErrForbidden}
	}
	return echoService{http: h.Modifier2 == 2}, nil
}

type echoService struct{ http bool }

func (s echoService) HTTP() bool { return s.http }

func (s echoService) Serve(w protocol.ResponseWriter, r *protocol.Request, block []byte) error {
	if s.http {
		block, _ = io.ReadAll(r.Body)
	}
	switch string(block) {
	case "panic":
		panic("at the block")
	case "fail":
		return io.ErrUnexpectedEOF
	}
	_, err := w.Write(block)
	return err
}

func (echoService) AppendHead(dst []byte, status int, h http.Header) ([]byte, bool) {
	dst = append(dst, byte(status/100))
	return append(append(dst, h.Get("Content-Length")...), ':'), status == 200
}

// A kind of packet is served on the same listener as requests and pings.
func TestKinds(t *testing.T) {
	echo := *stream
	echo.Protocol = Protocol{Kinds: map[Modifier]Kind{ModifierEcho: echoKind{}, ModifierPing: echoKind{}, ModifierWSGI: echoKind{}}}
	echo.Conversations(t, []netiotest.Conversation{
		{Text: "a packet", Says: "\x65\x02\x00\x00hi", Hear: "\x022:hi"},
		{Text: "an empty block", Says: "\x65\x00\x00\x00", Hear: "\x020:"},
		{Text: "bytes behind the block", Says: "\x65\x02\x00\x00hi there", Hear: "\x022:hi"},
		{Text: "a failure", Says: "\x65\x04\x00\x00fail", Hear: "\x0416:", Log: `level=WARN msg="request failed" err="unexpected EOF" protocol=uwsgi`},
		{Text: "a panic", Says: "\x65\x05\x00\x00panic", Hear: "\x0526:", Log: "handler panicked: at the block"},
		{Text: "refused in HTTP's form", Says: "\x65\x00\x00\x07", Hear: echo.ErrorPage(403), Log: "uwsgi: echo: forbidden: script"},
		{Text: "refused in its own form", Says: "\x65\x00\x00\x08", Hear: "\x0414:", Log: `err="uwsgi: echo: forbidden"`},
		{Text: "a block over the limit", Says: "\x65\x01\x10\x00", Hear: "\x0436:", Log: "uwsgi: read params: too large: 4097 > 4096 bytes"},
		{Text: "an early end", Says: "\x65\x02\x00\x00h", Hear: "\x0416:", Log: "the connection ended after 5 bytes"},
		{Text: "HTTP's form", Says: "\x65" + packet(0, "CONTENT_LENGTH", "2", "REQUEST_METHOD", "PUT")[1:3] + "\x02" +
			packet(0, "CONTENT_LENGTH", "2", "REQUEST_METHOD", "PUT")[4:] + "hi",
			Hear: strings.Replace(echo.OK("hi"), "text/plain", "text/plain; charset=utf-8", 1)},
		{Text: "HTTP's form without variables", Says: "\x65\x00\x00\x02", Hear: echo.ErrorPage(400), Log: "a request without variables"},
		{Text: "a ping stays the protocol's", Says: "\x64\x00\x00\x00", Hear: "\x64\x00\x00\x01"},
		{Text: "a request stays the handler's", Says: packet(0, "A", "b"), Hear: stream.OK("\"A\"=\"b\"\n0 0: 0 bytes \"\" <nil>\n")},
		{Text: "another kind is refused", Says: "\xad\x00\x00\x00", Hear: echo.ErrorPage(501), Log: "unsupported: modifier1 173 (RPC)"},
	})
}

// A service is observed as a request is, and needs no REQUEST_METHOD.
func TestKindIsObserved(t *testing.T) {
	var seen []protocol.Summary
	loop := &protocol.Loop{Observe: func(_ *protocol.Request, s protocol.Summary) { seen = append(seen, s) }}
	s := netiotest.NewScript([]byte("\x65\x02\x00\x00hi"), nil)
	p := Protocol{Kinds: map[Modifier]Kind{ModifierEcho: echoKind{}}}
	if err := loop.Serve(t.Context(), p.NewConn(s, nil)); err != nil || len(seen) != 1 || seen[0].Status != 200 || seen[0].BodySent != 2 || seen[0].Err != nil {
		t.Errorf("%v, %+v", err, seen)
	}
}
