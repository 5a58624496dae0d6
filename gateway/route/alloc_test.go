//go:build !race

package route_test

import (
	"context"
	"net/http"
	"testing"

	"github.com/postern-gateway/postern/gateway/route"
	"github.com/postern-gateway/postern/protocol"
)

// A nothing is a writer that drops what it gets.
type nothing struct{ header http.Header }

func (n *nothing) Header() http.Header         { return n.header }
func (n *nothing) WriteHeader(int)             {}
func (n *nothing) Write(p []byte) (int, error) { return len(p), nil }

// A world is a Caller that allocates nothing.
type world struct{}

func (world) Call(context.Context, string, ...[]byte) ([]byte, error) { return worldly, nil }

var worldly = []byte("Hello World")

// What rules cost a request. A row's table has these rules, and nothing behind them allocates.
func TestAllocations(t *testing.T) {
	const four = "route = ^/admin(/|$) break:403 Forbidden\nroute-host = ^old\\. redirect:/\nroute-user-agent = (?i)badbot break:403 Forbidden\nroute-if = equal:${REQUEST_METHOD};TRACE break:405 Method Not Allowed\n"
	for _, row := range []struct {
		name, rules string
		most        float64
	}{
		{"no rule", "", 1}, // the Exchange
		{"four that are not met", four, 1},
		{"one that is met and does nothing", four + "route = ^/(foo) last:", 1},
		// the variables, a request of its own and its context, the joined text; the groups that the
		// regular expression has found, and what it keeps of them
		{"a variable of a group", four + "route = ^/(foo) addvar:X=a$1b", 8},
		// two arguments and their list; the Content-Length's value and its list
		{"a call", four + "route = ^/foo rpc:hello ${REQUEST_URI} ${REMOTE_ADDR}", 6},
	} {
		quiet := protocol.HandlerFunc(func(protocol.ResponseWriter, *protocol.Request) error { return nil })
		table := tableOf(t, &route.Environment{Local: world{}}, row.rules, quiet)
		r := &protocol.Request{Params: protocol.Pairs("REQUEST_METHOD", "GET", "REQUEST_URI", "/foo?a", "PATH_INFO", "/foo",
			"QUERY_STRING", "a", "HTTP_HOST", "postern.test", "HTTP_USER_AGENT", "curl/8", "REMOTE_ADDR", "192.0.2.7")}
		w := &nothing{make(http.Header)}
		got := testing.AllocsPerRun(500, func() {
			if err := table.Serve(w, r); err != nil {
				t.Fatal(err)
			}
		})
		if t.Logf("%s: %v", row.name, got); got > row.most {
			t.Errorf("%s: %v allocations, want at most %v", row.name, got, row.most)
		}
	}
}

func BenchmarkRules(b *testing.B) {
	table := tableOf(b, &route.Environment{Local: world{}}, "route = ^/admin(/|$) break:403 Forbidden\nroute-host = ^old\\. redirect:/\nroute = ^/foo rpc:hello ${REQUEST_URI}", nil)
	r := &protocol.Request{Params: protocol.Pairs("REQUEST_METHOD", "GET", "REQUEST_URI", "/foo?a", "PATH_INFO", "/foo", "HTTP_HOST", "postern.test")}
	w := &nothing{make(http.Header)}
	b.ReportAllocs()
	for b.Loop() {
		if err := table.Serve(w, r); err != nil {
			b.Fatal(err)
		}
	}
}
