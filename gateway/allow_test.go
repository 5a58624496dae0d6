package gateway_test

import (
	"context"
	"io"
	"net"
	"net/netip"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/postern-gateway/postern/gateway"
	"github.com/postern-gateway/postern/scgi"
)

func TestParseAllow(t *testing.T) {
	for _, row := range []struct{ text, want string }{
		{"", "[]"},
		{"192.0.2.1", "[192.0.2.1/32]"},
		{"10.0.0.0/8,::1", "[10.0.0.0/8 ::1/128]"},
		{" 10.0.0.0/8 , 2001:db8::/32 ", "[10.0.0.0/8 2001:db8::/32]"},
		{"*", "[0.0.0.0/0 ::/0]"},
		{"10.1.2.3/8", "[10.0.0.0/8]"},
		{"::ffff:10.0.0.0/104", "[10.0.0.0/8]"},
		{"::ffff:192.0.2.1", "[192.0.2.1/32]"},
		{"localhost", `bad address "localhost" in allow: write addresses and networks such as 192.0.2.1 or 10.0.0.0/8, or *`},
		{"10.0.0.0/33", `bad address "10.0.0.0/33" in allow: write addresses and networks such as 192.0.2.1 or 10.0.0.0/8, or *`},
		{"::1,", `bad address "" in allow: write addresses and networks such as 192.0.2.1 or 10.0.0.0/8, or *`},
		{"fe80::1%eth0", `bad address "fe80::1%eth0" in allow: write addresses and networks such as 192.0.2.1 or 10.0.0.0/8, or *`},
	} {
		list, err := gateway.ParseAllow(row.text)
		got := prefixes(list)
		if err != nil {
			got = err.Error()
		}
		if diff := cmp.Diff(row.want, got); diff != "" {
			t.Errorf("%q: %s", row.text, diff)
		}
	}
}

func prefixes(list gateway.AllowList) string {
	var s []string
	for _, p := range list {
		s = append(s, p.String())
	}
	return "[" + strings.Join(s, " ") + "]"
}

func TestAdmits(t *testing.T) {
	for _, row := range []struct {
		list, peer string
		want       bool
	}{
		{"", "127.0.0.1:4711", true},
		{"", "127.8.9.10:4711", true},
		{"", "[::1]:4711", true},
		{"", "[::ffff:127.0.0.1]:4711", true},
		{"", "192.0.2.1:4711", false},
		{"", "[2001:db8::1]:4711", false},
		{"", "0.0.0.0:4711", false},
		{"10.0.0.0/8", "10.255.0.1:4711", true},
		{"10.0.0.0/8", "[::ffff:10.0.0.1]:4711", true},
		{"10.0.0.0/8", "11.0.0.1:4711", false},
		{"10.0.0.0/8", "127.0.0.1:4711", false},
		{"fe80::/10", "[fe80::1%eth0]:4711", true},
		{"*", "192.0.2.1:4711", true},
		{"*", "[2001:db8::1]:4711", true},
	} {
		list, err := gateway.ParseAllow(row.list)
		if err != nil {
			t.Fatal(err)
		}
		addr := net.TCPAddrFromAddrPort(netip.MustParseAddrPort(row.peer))
		for _, a := range []net.Addr{addr, otherAddr(row.peer), otherAddr(addr.AddrPort().Addr().String())} {
			if got := list.Admits(a); got != row.want {
				t.Errorf("%q admits %T %s: %v, want %v", row.list, a, a, got, row.want)
			}
		}
	}
	for _, a := range []net.Addr{&net.UnixAddr{Net: "unix"}, &net.UnixAddr{Name: "@", Net: "unix"}, otherAddr("pipe"), nil} {
		if !(gateway.AllowList{}).Admits(a) {
			t.Errorf("a peer at %v, which is on no IP network, is not admitted", a)
		}
	}
}

// otherAddr is an address of a type that nobody knows.
type otherAddr string

func (otherAddr) Network() string  { return "other" }
func (a otherAddr) String() string { return string(a) }

func TestForbiddenPeer(t *testing.T) {
	none, err := gateway.ParseAllow("192.0.2.1")
	if err != nil {
		t.Fatal(err)
	}
	serves := map[string]func(s *gateway.Server, l net.Listener) error{
		"scgi": func(s *gateway.Server, l net.Listener) error { return s.Serve(l, scgi.Protocol{}) },
		"http": func(s *gateway.Server, l net.Listener) error { return s.ServeHTTP(l) },
		"auto": func(s *gateway.Server, l net.Listener) error { return s.ServeAny(l, scgi.Protocol{}) },
	}
	for name, serveOn := range serves {
		out, logger := newLog()
		s := &gateway.Server{Handler: text("secret"), Log: logger, Allow: none}
		l, open := tcp(t), tcp(t)
		done := serve(t, s, func() error { return serveOn(s, l) })
		own := &gateway.Listener{Listener: open, Allow: gateway.AllowAll(), Name: "the open one"}
		serve(t, s, func() error { return serveOn(s, own) })
		for range 20 {
			c, err := net.Dial("tcp", l.Addr().String())
			if err != nil {
				t.Fatal(err)
			}
			if b, _ := io.ReadAll(c); len(b) > 0 {
				t.Errorf("%s: a forbidden peer was told %q", name, b)
			}
			c.Close()
		}
		out.await(t, "forbidden peer 127.0.0.1 on "+name+"://"+l.Addr().String()+": add it to allow=")
		if name != "http" {
			if got, err := get(t, scgiClient(open.Addr()), "/"); err != nil || got.Body != "secret" {
				t.Errorf("%s: the listener with a list of its own: %v, %v", name, got, err)
			}
		}
		s.Shutdown(context.Background())
		<-done
		if n := strings.Count(out.String(), "add it to allow="); n > 10 {
			t.Errorf("%s: 20 refused connections gave %d log lines", name, n)
		}
		out.await(t, "unlogged=")
	}
}

func TestUnixPeersAreAlwaysAdmitted(t *testing.T) {
	none, _ := gateway.ParseAllow("192.0.2.1")
	s := &gateway.Server{Handler: text("hello"), Allow: none}
	if got, err := get(t, serveSCGI(t, s, unix(t)), "/"); err != nil || got.Body != "hello" {
		t.Errorf("%v, %v", got, err)
	}
}
