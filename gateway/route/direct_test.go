package route_test

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/postern-gateway/postern/gateway/route"
	"github.com/postern-gateway/postern/protocol"
)

// A handler of net/http behind rules gets net/http's own request where the rules that are met do
// nothing to it, and the same answer comes in any case.
func TestNetHTTPsRequest(t *testing.T) {
	var direct *http.Request
	say := func(name string) protocol.Handler {
		return protocol.FromHTTP(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			direct = r
			p := protocol.RequestFromContext(r.Context()).Params
			fmt.Fprint(w, name, " ", p.Get("SCRIPT_NAME"), " ", p.Get("PATH_INFO"))
		}))
	}
	rules, err := env.Parse("f", `
		route-host = ^goto goto:there
		route-user-agent = curl last:
		route-referer = ^$ send:an empty referer
		route = ^/log log:it
		route-qs = ^ask send:asked
		route-uri = %20 send:encoded
		route-label = there`)
	if err != nil {
		t.Fatal(err)
	}
	rules = append(rules,
		route.Rule{Do: route.Mounts{{Prefix: "/app", Handler: say("app")}, {Host: "other", Prefix: "/app", Handler: say("other")}}},
		route.Rule{If: mustRule(t, "route = ^/given last:").If, Do: route.Handle(say("given"))},
		route.Rule{If: mustRule(t, "route-remote-addr = . last:").If, Do: mustRule(t, "route-run = next:").Do})
	table, err := route.New(say("next"), rules...)
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range []struct {
		target, agent string
		direct        bool
		want          string
	}{
		{"http://h/x", "curl", true, "next  /x"},
		{"http://h/app/x?y", "", true, "app /app /x"},
		{"http://other/app", "", true, "other /app "},
		{"http://OTHER.:8080/app", "", true, "other /app "},
		{"http://goto/app?ask", "", true, "app /app "},
		{"http://h/given", "", true, "given  /given"},
		{"http://h/log", "", false, "next  /log"},
		{"http://h/log", "curl", true, "next  /log"},
		{"http://h/?ask", "", false, "asked"},
		{"http://h/a%20b", "", false, "encoded"},
		{"http://h/x", "", false, "next  /x"}, // the address is asked for
	} {
		direct = nil
		hr := httptest.NewRequest("GET", row.target, nil)
		hr.RequestURI = hr.URL.RequestURI()
		hr.URL = &url.URL{Path: hr.URL.Path, RawPath: hr.URL.RawPath, RawQuery: hr.URL.RawQuery}
		if row.agent != "" {
			hr.Header.Set("User-Agent", row.agent)
		}
		w := httptest.NewRecorder()
		protocol.ToHTTP(table).ServeHTTP(w, hr)
		hr.Header.Set("X-Same", "yes")
		own := direct != nil && direct.Header.Get("X-Same") == "yes"
		if w.Body.String() != row.want || own != row.direct {
			t.Errorf("%s of %q: %q, net/http's own: %v; want %q, %v", row.target, row.agent, w.Body, own, row.want, row.direct)
		}
	}
}

func mustRule(t *testing.T, text string) route.Rule {
	t.Helper()
	r, err := env.ParseRule("f", text)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// What a handler can do with its writer it can do behind rules that add fields.
func TestWriterBehindRules(t *testing.T) {
	upgrade := protocol.HandlerFunc(func(w protocol.ResponseWriter, r *protocol.Request) error {
		w.Header().Set("Upgrade", "x")
		w.Header().Set("Connection", "Upgrade")
		w.WriteHeader(http.StatusSwitchingProtocols)
		conn, rw, err := w.(http.Hijacker).Hijack()
		if err != nil {
			return err
		}
		defer conn.Close()
		io.WriteString(rw, "hijacked")
		return rw.Flush()
	})
	stream := protocol.HandlerFunc(func(w protocol.ResponseWriter, r *protocol.Request) error {
		w.WriteHeader(http.StatusEarlyHints)
		if err := http.NewResponseController(w).Flush(); err != nil {
			return err
		}
		w.(http.Flusher).Flush()
		if _, err := io.Copy(w, strings.NewReader("a")); err != nil {
			return err
		}
		_, err := io.WriteString(w, "b")
		return err
	})
	fails := protocol.HandlerFunc(func(w protocol.ResponseWriter, r *protocol.Request) error {
		return &protocol.Error{Kind: protocol.ErrNotFound}
	})
	rule := mustRule(t, "route-run = addheader:X-Rule: 1")
	for path, want := range map[string]string{
		"/upgrade": "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: x\r\nX-Rule: 1\r\n\r\nhijacked",
		"/stream":  "2\r\nab\r\n0\r\n\r\n",
		"/fails":   "404 Not Found\n",
	} {
		table, err := route.New(nil, rule, route.Rule{Do: route.Mounts{{Prefix: "/upgrade", Handler: upgrade}, {Prefix: "/stream", Handler: stream}, {Prefix: "/fails", Handler: fails}}})
		if err != nil {
			t.Fatal(err)
		}
		s := httptest.NewServer(protocol.ToHTTP(table))
		defer s.Close()
		answer := raw(t, s.Listener.Addr().String(), path)
		if !strings.HasSuffix(answer, want) || path != "/fails" && strings.Count(answer, "X-Rule: 1\r\n") != 1 {
			t.Errorf("%s: %q, want %q", path, answer, want)
		}
	}
	h := protocol.HandlerFunc(func(w protocol.ResponseWriter, r *protocol.Request) error {
		if _, ok := w.(http.Hijacker); ok {
			t.Error("the writer hijacks where its connection cannot be had")
		}
		return nil
	})
	get(t, tableOf(t, env, "route-run = addheader:X-Rule: 1", h), "/")
}

// raw asks a server for a path by HTTP and returns all that comes.
func raw(t *testing.T, addr, path string) string {
	t.Helper()
	c, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	fmt.Fprintf(c, "GET %s HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n", path)
	b, err := io.ReadAll(bufio.NewReader(c))
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// A result tells its length however long it is.
func TestLengthsOfResults(t *testing.T) {
	long := strings.Repeat("x", 100_000)
	functions := functions{"long": says(long), "raw": says("HTTP/1.0 200 OK\r\n\r\n" + long)}
	for _, rules := range []string{"route-run = rpc:long", "route-run = rpcraw:raw"} {
		s := httptest.NewServer(protocol.ToHTTP(tableOf(t, &route.Environment{Local: functions}, rules, nil)))
		defer s.Close()
		for method, want := range map[string]string{"GET": long, "HEAD": ""} {
			hr, err := http.NewRequestWithContext(t.Context(), method, s.URL, nil)
			if err != nil {
				t.Fatal(err)
			}
			res, err := s.Client().Do(hr)
			if err != nil {
				t.Fatal(err)
			}
			b, err := io.ReadAll(res.Body)
			if res.Body.Close(); res.ContentLength != 100_000 || string(b) != want || err != nil {
				t.Errorf("%s %s: %d, %d bytes, %v", rules, method, res.ContentLength, len(b), err)
			}
		}
	}
}
