//go:build !race

package benchmarks

import (
	"bufio"
	"encoding/binary"
	"errors"
	"net"
	"testing"
)

// The allocations of one small GET, which are a promise. They are those of the server alone, which
// is a process of its own, in the steady state. Where a connection carries one request, those of
// the connection are among them: see each row.
func TestAllocations(t *testing.T) {
	rows := []struct {
		wire         string
		native, http float64 // at most
	}{
		// A request, and its variables. By FromHTTP also net/http's request with its URL and its
		// header's values, the header, which is two, and the client's address.
		{"fastcgi", 2, 6},
		{"fastcgi-mux", 2, 6},
		// A request and its variables, and what a connection takes that is waited for. A pool that
		// the collector has emptied adds one now and then.
		{"fastcgi-close", 20, 24},
		// The variables: a request is a part of its connection, which is package net's ten and as
		// the gateway has it, a job for a goroutine, a look at its first bytes (two), as the
		// protocol has it, and its session.
		{"scgi", 17, 21},
		{"uwsgi", 17, 21},
		// Our own are an exchange and a request, and for a native handler the variables. net/http's
		// server has 19; one of them is not made, the error of the read that ends with a response.
		{"http", 21, 20},
	}
	for _, row := range rows {
		for variant, most := range map[string]float64{"native": row.native, "http": row.http} {
			t.Run(row.wire+"/"+variant, func(t *testing.T) {
				got := serverAllocations(t, row.wire, variant)
				if t.Logf("%.2f allocations a request", got); got > most+0.5 {
					t.Errorf("%.2f allocations a request, want at most %v", got, most)
				}
			})
		}
	}
}

// serverAllocations returns what one small GET costs a server.
func serverAllocations(t *testing.T, name, variant string) float64 {
	multiplexed := name == "fastcgi-mux"
	if multiplexed {
		name = "fastcgi"
	}
	w, x := wireNamed(name), exercises[0]
	d, err := w.record(x)
	if err != nil {
		t.Fatal(err)
	}
	s := startServer(t, w.name+" "+x.name+" "+variant)
	k := newWorker(w, x, s.socket, d.request)
	defer k.close()
	exchange, each := k.exchange, 1
	if multiplexed {
		exchange, each = multiplexedExchange(t, s.socket, d.request), inFlight
	}
	return allocations(t, s, each, exchange)
}

// allocations returns what a request costs s. An exchange has that many of them.
func allocations(t *testing.T, s *server, each int, exchange func() error) float64 {
	const warmUp, counted = 300, 3000
	exchanges := func(n int) uint64 {
		for range n / each {
			if err := exchange(); err != nil {
				t.Fatal(err)
			}
		}
		return s.ask(t, "usage").Allocs
	}
	before := exchanges(warmUp)
	asked := exchanges(0) - before // what a question costs
	return float64(exchanges(counted)-before-2*asked) / counted
}

// inFlight is how many requests a multiplexed connection has at once.
const inFlight = 8

// multiplexedExchange has inFlight requests served at once, over one connection.
func multiplexedExchange(t *testing.T, socket string, request []byte) func() error {
	c, err := net.Dial("unix", socket)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	var all []byte
	for id := range inFlight {
		all = append(all, withID(request, uint16(id+1))...)
	}
	in := bufio.NewReader(c)
	return func() error {
		if _, err := c.Write(all); err != nil {
			return err
		}
		for ended := 0; ended < inFlight; {
			h, err := in.Peek(8)
			if err != nil {
				return err
			}
			if h[1] == 3 {
				if ended++; h[8-1] != 0 {
					return errors.New("a reserved byte is set")
				}
			}
			if _, err := in.Discard(8 + int(binary.BigEndian.Uint16(h[4:])) + int(h[6])); err != nil {
				return err
			}
		}
		return nil
	}
}

// withID returns the records of a request with another id.
func withID(request []byte, id uint16) []byte {
	out := append([]byte(nil), request...)
	for at := 0; at < len(out); at += 8 + int(binary.BigEndian.Uint16(out[at+4:])) + int(out[at+6]) {
		binary.BigEndian.PutUint16(out[at+2:], id)
	}
	return out
}
