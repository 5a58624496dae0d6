package endpoint_test

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/postern-gateway/postern/gateway"
	"github.com/postern-gateway/postern/gateway/endpoint"
	"github.com/postern-gateway/postern/gateway/route"
	"github.com/postern-gateway/postern/protocol"
	"github.com/postern-gateway/postern/uwsgi"
	"github.com/postern-gateway/postern/uwsgi/rpc"
)

// startAt serves h, and functions if there are some, at a URL until the test ends, and returns the
// URL and the address.
func startAt(t *testing.T, url string, h protocol.Handler, functions *rpc.Registry) (at, address string) {
	t.Helper()
	l, err := endpoint.Listen(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	if functions != nil {
		l.UWSGI.Kinds = map[uwsgi.Modifier]uwsgi.Kind{uwsgi.ModifierRPC: functions}
	}
	s := &gateway.Server{Handler: h, Log: slog.New(slog.DiscardHandler)}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		l.Serve(s)
	}()
	t.Cleanup(func() {
		s.Close()
		<-ended
	})
	return l.URL(), l.Addr().String()
}

// tellWhat says which request came, and by what.
func tellWhat(w protocol.ResponseWriter, r *protocol.Request) error {
	p := r.Params
	_, err := fmt.Fprintf(w, "%s %d,%d %s|%s|%s %s %s X=%s", r.Protocol, r.Modifier1, r.Modifier2, p.Get("SCRIPT_NAME"), p.Get("PATH_INFO"),
		p.Get("REQUEST_URI"), p.Get("HTTP_HOST"), p.Get("UWSGI_APPID"), p.Get("X"))
	return err
}

// A parts has functions that are called at once: each waits for the two others.
type parts struct{ together sync.WaitGroup }

// functions are those of one node: name, and "wait" before it.
func (p *parts) functions(name string) *rpc.Registry {
	functions := new(rpc.Registry)
	functions.Register(name, func(ctx context.Context, args [][]byte) ([]byte, error) {
		return fmt.Appendf(nil, "%s%s ", name, args), nil
	})
	functions.Register("wait"+name, func(ctx context.Context, args [][]byte) ([]byte, error) {
		p.together.Done()
		p.together.Wait()
		return []byte(name + " "), nil
	})
	return functions
}

const backendRules = `
route-run = addheader:X-Rule: ${REQUEST_METHOD}
route = ^/multi rpcnext:part1@NODE1 ${REQUEST_URI}
route = ^/multi rpcnext:part2@NODE2
route = ^/multi rpcnext:part3@NODE3
route = ^/together rpcnext:waitpart1@NODE1
route = ^/together rpcblob:waitpart2@NODE2
route = ^/nobody rpcnext:waitpart2@NODE2
route = ^/together rpcnext:waitpart3@NODE3
route = ^/partly rpcnext:part1@NODE1
route = ^/partly rpcnext:nobody@NODE1
route = ^/partly rpcnext:part2@NODE2
route = ^/here rpc:here a ${PATH_INFO}
route = ^/path addvar:PATH_INFO=/here/a/b
route = ^/here uwsgi:,173,2
route = ^/scgi addvar:X=y
route = ^/scgi SCGI?mount=/scgi
route = ^/uwsgi uwsgi:UWSGI,5,6,app
route = ^/plain uwsgi:UWSGI
route = ^/web http:WEB,other.test
route = ^/fastcgi fastcgi:FASTCGI
route = ^/chosen rpcvar:NODE node
route = ^/chosen http:${NODE}
route = ^/unset addvar:NODE=
route = ^/unset http:${NODE}
route = ^/down uwsgi:/nobody/s,0,0
route = ^/modifiers uwsgi:,7,8`

// startBackends starts what backendRules name, and returns the rules with the addresses.
func startBackends(t *testing.T, p *parts, local *rpc.Registry) string {
	_, node1 := startAt(t, "uwsgi://127.0.0.1:0", nil, p.functions("part1"))
	_, node2 := startAt(t, "uwsgi://127.0.0.1:0", nil, p.functions("part2"))
	_, node3 := startAt(t, "auto://127.0.0.1:0", nil, p.functions("part3"))
	teller := protocol.HandlerFunc(tellWhat)
	scgiURL, _ := startAt(t, "scgi://127.0.0.1:0", teller, nil)
	_, uwsgiAddr := startAt(t, "uwsgi://127.0.0.1:0", teller, nil)
	_, webAddr := startAt(t, "http://127.0.0.1:0", teller, nil)
	_, fastcgiAddr := startAt(t, "fastcgi://127.0.0.1:0", teller, nil)
	local.Register("node", func(context.Context, [][]byte) ([]byte, error) { return []byte(webAddr), nil })
	return strings.NewReplacer("NODE1", node1, "NODE2", node2, "NODE3", node3,
		"SCGI", scgiURL, "UWSGI", uwsgiAddr, "WEB", webAddr, "FASTCGI", fastcgiAddr).Replace(backendRules)
}

// Rules by which a table calls nodes and sends requests on, before listeners of every protocol.
func TestBackends(t *testing.T) {
	p := new(parts)
	local := p.functions("here")
	text := startBackends(t, p, local)
	var backends endpoint.Backends
	defer backends.Close()
	backends.Modified = func(m1, m2 uint8) protocol.Handler {
		if m1 != 173 {
			return nil
		}
		return local.Path()
	}
	rules, err := backends.Environment(rpc.Local(local)).Parse("rules", text)
	if err != nil {
		t.Fatal(err)
	}
	table, err := route.New(protocol.HandlerFunc(tellWhat), rules...)
	if err != nil {
		t.Fatal(err)
	}
	table.Log = slog.New(slog.DiscardHandler)
	for _, url := range []string{"http://127.0.0.1:0", "fastcgi://127.0.0.1:0", "uwsgi://127.0.0.1:0", "scgi://127.0.0.1:0"} {
		at, _ := startAt(t, url, table, nil)
		by, _, _ := strings.Cut(url, ":")
		for uri, want := range map[string]string{
			"/multi?a":   "200 part1[/multi?a] part2[] part3[] ",
			"/partly":    "502 502 Bad Gateway\n",
			"/here":      "200 here[a /here] ",
			"/path":      "200 here[a b] ",
			"/scgi/x":    "200 scgi 0,0 /scgi|/x|/scgi/x postern.test  X=y",
			"/uwsgi/x":   "200 uwsgi 5,6 |/uwsgi/x|/uwsgi/x postern.test app X=",
			"/plain":     "200 uwsgi 0,0 |/plain|/plain postern.test  X=",
			"/web/x?y":   "200 http 0,0 |/web/x|/web/x?y other.test  X=",
			"/fastcgi/x": "200 fastcgi 0,0 |/fastcgi/x|/fastcgi/x postern.test  X=",
			"/chosen/x":  "200 http 0,0 |/chosen/x|/chosen/x postern.test  X=",
			"/unset":     "502 502 Bad Gateway\n",
			"/down":      "502 502 Bad Gateway\n",
			"/modifiers": "200 " + by + " 7,8 |/modifiers|/modifiers postern.test  X=",
			"/else":      "200 " + by + " 0,0 |/else|/else postern.test  X=",
		} {
			got, header := askAt(t, at, uri)
			if got != want || strings.HasPrefix(want, "200") && header.Get("X-Rule") != "GET" {
				t.Errorf("%s by %s: %q, %v; want %q", uri, by, got, header, want)
			}
		}
		p.together.Add(3)
		if got, _ := askAt(t, at, "/together"); got != "200 part1 part2 part3 " {
			t.Errorf("/together by %s: %q", by, got)
		}
	}
}

// askAt asks a server for a URI, and returns status and body, and the header.
func askAt(t *testing.T, url, uri string) (string, http.Header) {
	t.Helper()
	c, err := endpoint.NewClient(url, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	path, query, _ := strings.Cut(uri, "?")
	res, err := c.RoundTrip(t.Context(), &protocol.Request{Params: protocol.Pairs("REQUEST_METHOD", "GET", "REQUEST_URI", uri, "SCRIPT_NAME", "",
		"PATH_INFO", path, "QUERY_STRING", query, "SERVER_PROTOCOL", "HTTP/1.1", "HTTP_HOST", "postern.test", "REMOTE_ADDR", "192.0.2.7")})
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return fmt.Sprintf("%d %s", res.Status, b), res.Header
}

// An address that cannot be one is told when rules are parsed.
func TestBackendsThatCannotBe(t *testing.T) {
	var backends endpoint.Backends
	for action, want := range map[string]string{
		"fastcgi:127.0.0.1":            `f:1:21: "fastcgi://127.0.0.1": no port in "127.0.0.1"`,
		"scgi:127.0.0.1:4000,5":        `"5" behind the address: only uwsgi has modifiers there, and http a host`,
		"uwsgi:127.0.0.1:3031,a,0":     `modifier "a": a number up to 255 is meant`,
		"uwsgi:127.0.0.1:3031,256":     `modifier "256": a number up to 255 is meant`,
		"uwsgi:127.0.0.1:3031,1,2,3,4": `MODIFIER1,MODIFIER2,APPID is meant`,
		"uwsgi:":                       `no port in ""`,
		"http:${HTTP_HOST}":            "the address of http: has ${HTTP_HOST}, which no earlier rule sets",
		"http:${lower[HTTP_HOST]}":     "and neither groups nor functions",
		"gopher:${A}":                  `unknown action "gopher"`,
		"uwsgi:127.0.0.1:3031?allow=*": "option allow is for listening",
		"uwsgi+fd:3":                   "a file descriptor is for listening",
		"auto:127.0.0.1:80":            `unknown action "auto"`,
		"cgi:/nobody/":                 "no such file or directory",
		"rpc:f@http":                   `no port in "http"`,
		"gopher:127.0.0.1:80":          `unknown action "gopher"`,
	} {
		rules, err := backends.Environment(nil).Parse("f", "route-run = "+action)
		if err == nil {
			_, err = route.New(nil, rules...)
		}
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %s", action, err, want)
		}
	}
	for _, action := range []string{"uwsgi:/run/s,5,0", "uwsgi://127.0.0.1:3031", "uwsgi+unix:/run/s", "fastcgi:@abstract", "http://127.0.0.1:8080?keep=4", "rpc:f@/run/s"} {
		if _, err := backends.Environment(nil).Parse("f", "route-run = "+action); err != nil {
			t.Errorf("%s: %v", action, err)
		}
	}
}
