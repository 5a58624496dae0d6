package gateway_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"testing"

	"github.com/postern-gateway/postern/gateway"
	"github.com/postern-gateway/postern/protocol"
)

// sixth is a protocol that no other package has heard of. A connection has one request: the magic
// number with which AJP13's packets begin, and a path in a line. The answer is the body.
type sixth struct{}

func (sixth) Name() string { return "sixth" }

func (sixth) Sniff(first []byte) protocol.Match {
	if first[0] == 0x12 && first[1] == 0x34 {
		return protocol.StrongMatch
	}
	return protocol.NoMatch
}

func (sixth) NewConn(c net.Conn, _ *protocol.Limits) protocol.Conn { return &sixthConn{Conn: c} }

type sixthConn struct {
	net.Conn
	done bool
}

func (c *sixthConn) Next(context.Context) (*protocol.Request, protocol.Encoder, error) {
	if c.done {
		return nil, nil, io.EOF
	}
	c.done = true
	line, err := bufio.NewReader(c).ReadString('\n')
	if err != nil {
		return nil, nil, err
	}
	return &protocol.Request{Params: requestParams("GET", line[2:len(line)-1]), Protocol: "sixth"}, sixthEncoder{c}, nil
}

type sixthEncoder struct{ io.Writer }

func (sixthEncoder) WriteHeader(int, http.Header) error { return nil }
func (sixthEncoder) Flush() error                       { return nil }
func (sixthEncoder) Close(error) error                  { return nil }

// unsniffed is sixth without Sniff.
type unsniffed struct{ protocol.Protocol }

// A protocol of its own is served beside the others, in any order, without an edit elsewhere: its
// first bytes are a strong match, and uwsgi's, which may be any, a weak one.
func TestServeAnyOfASixthProtocol(t *testing.T) {
	for i := range len(everyProtocol) + 1 {
		list := slices.Insert(slices.Clone(everyProtocol), i, protocol.Protocol(sixth{}))
		s := &gateway.Server{MethodOptional: true, Handler: kind()}
		l := tcp(t)
		serve(t, s, func() error { return s.ServeAny(l, list...) })
		if got := askSixth(t, l); got != "sixth" {
			t.Errorf("as number %d: %q", i, got)
		}
		for name, c := range clients(t, dialer(l.Addr())) {
			if got, err := get(t, c, "/"); err != nil || got.Body != name {
				t.Errorf("as number %d: %s: %v, %v", i, name, got, err)
			}
		}
	}
}

// A protocol that is no Sniffer gets what none of the others is sure of.
func TestServeAnyWithoutASniffer(t *testing.T) {
	for want, list := range map[string][]protocol.Protocol{
		"sixth": {unsniffed{sixth{}}, everyProtocol[0], everyProtocol[2]},
		// uwsgi takes it, and finds no packet
		"": {everyProtocol[0], everyProtocol[2], unsniffed{sixth{}}},
	} {
		s := &gateway.Server{Handler: kind()}
		l := tcp(t)
		serve(t, s, func() error { return s.ServeAny(l, list...) })
		got := askSixth(t, l)
		if want != "" && got != want || want == "" && got == "sixth" {
			t.Errorf("got %q, want %q", got, want)
		}
		if got, err := get(t, clients(t, dialer(l.Addr()))["fastcgi"], "/"); err != nil || got.Body != "fastcgi" {
			t.Errorf("fastcgi: %v, %v", got, err)
		}
	}
}

// askSixth returns the answer to a request by sixth.
func askSixth(t *testing.T, l net.Listener) string {
	t.Helper()
	c := dial(t, l.Addr())
	fmt.Fprint(c, "\x12\x34/\n")
	if err := c.(*net.TCPConn).CloseWrite(); err != nil {
		t.Fatal(err)
	}
	b, err := io.ReadAll(c)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}
