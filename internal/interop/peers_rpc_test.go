package interop

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/postern-gateway/postern/protocol"
	"github.com/postern-gateway/postern/uwsgi/rpc"
)

// A turnable is what XML-RPC calls a struct.
type turnable struct {
	X int    `json:"x"`
	Y string `json:"y"`
}

// typedFunctions are rpcFunctions and some with types.
func typedFunctions() *rpc.Registry {
	r := rpcFunctions()
	r.Register("hellolua", func(_ context.Context, args [][]byte) ([]byte, error) {
		return append([]byte("HTTP/1.0 200 OK\r\nContent-Type: text/plain\r\nX-By: hellolua\r\n\r\n"), bytes.Join(args, []byte("|"))...), nil
	})
	r.RegisterTyped("add", rpc.Func2(func(_ context.Context, a, b int) (int, error) { return a + b, nil }), "adds")
	r.RegisterTyped("later", rpc.Func1(func(_ context.Context, t time.Time) (time.Time, error) { return t.Add(time.Hour), nil }), "")
	r.RegisterTyped("blob", rpc.Func1(func(_ context.Context, b []byte) ([]byte, error) { return b, nil }), "")
	r.RegisterTyped("turned", rpc.Func1(func(_ context.Context, t turnable) (turnable, error) { return turnable{-t.X, t.Y}, nil }), "")
	return r
}

// pythonCalls are what testdata/peers/xmlrpc_calls.py prints.
const pythonCalls = `{
	"hello": "Hello World",
	"text": "a<&\u00e9\n||",
	"types": "-7|true|0.5|00ff|[1,\"a\",{\"b\":false}]",
	"int": 42,
	"time": "2026-02-03T05:05:06",
	"bytes": true,
	"struct": {"x": -1, "y": "a"},
	"multicall": [3, "Hello World"],
	"fails": [-32500, "500 Internal Server Error"],
	"unknown": [-32601, "no function of that name is registered"],
	"wrong": [-32602, "argument 1: \"x\" is no int: invalid syntax"],
	"methods": true,
	"signature": [["int", "int", "int"]],
	"help": "adds"
}`

// callsByPython has Python's client call the functions at a URL.
func callsByPython(t *testing.T, url string) {
	t.Helper()
	script, err := filepath.Abs("testdata/peers/xmlrpc_calls.py")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	cmd := exec.CommandContext(ctx, "/usr/bin/python3", script, url)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%s: %v: %s", url, err, &stderr)
	}
	var got, want any
	decode(t, out, &got)
	decode(t, []byte(pythonCalls), &want)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%s: %s", url, diff)
	}
}

// post sends a document and returns what is answered.
func post(t *testing.T, url, contentType, doc string) (status int, body string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, "POST", url, strings.NewReader(doc))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", contentType)
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res.StatusCode, string(b)
}

const (
	xmlDocument  = `<?xml version="1.0"?><methodCall><methodName>add</methodName><params><param><value><int>40</int></value></param><param><value><int>2</int></value></param></params></methodCall>`
	jsonDocument = `[{"jsonrpc": "2.0", "method": "add", "params": [40, 2], "id": 1}, {"jsonrpc": "2.0", "method": "hello"}]`
)

// callsByGo has Go's HTTP client call them.
func callsByGo(t *testing.T, xmlURL, jsonURL string) {
	t.Helper()
	if status, body := post(t, xmlURL, "text/xml", xmlDocument); status != 200 || !strings.Contains(body, "<value><int>42</int></value>") {
		t.Errorf("%s: %d %s", xmlURL, status, body)
	}
	status, body := post(t, jsonURL, "application/json", jsonDocument)
	var answers []struct {
		Result json.Number
		ID     int
	}
	if json.Unmarshal([]byte(body), &answers) != nil || status != 200 || len(answers) != 1 || answers[0].Result != "42" || answers[0].ID != 1 {
		t.Errorf("%s: %d %s", jsonURL, status, body)
	}
}

// TestRPCBehindNginx calls functions through nginx, in each form.
func TestRPCBehindNginx(t *testing.T) {
	needPeers(t)
	t.Parallel()
	for _, wrap := range []bool{false, true} {
		r := typedFunctions()
		r.WrapRaw, r.Log = wrap, backendLog(t)
		c := startFront(t, nginx(), "../peers/rpc", startRPC(t, "unix", r), "")
		s := &site{pair: &pair{front: nginx(), protocol: "uwsgi"}, addr: loopback(c.Port), client: newClient()}
		defer s.client.CloseIdleConnections()
		url := "http://" + loopback(c.Port)

		if a := s.get(t, "/call"); string(a.body) != "foo|bar" || a.header.Get("X-By") != "hellolua" {
			t.Errorf("the documented example: %q, %v", a.body, a.header)
		}
		s.get(t, "/leading").wantBody(t, "foo|bar")
		if a := s.do(t, call{method: "POST", path: "/headers", body: strings.NewReader("a body"), header: http.Header{"X-A": {"b"}}}); !strings.Contains(string(a.body), "HTTP_X_A|b") {
			t.Errorf("headers as arguments: %d %q", a.status, a.body)
		}
		s.do(t, call{path: "/packet"}).want(t, 502)
		if wrap {
			s.get(t, "/wrapped?a").wantBody(t, "GET|uri|/wrapped?a")
		} else {
			s.do(t, call{path: "/wrapped?a"}).want(t, 502)
		}
		s.get(t, "/functions/echo/a/b%20c").wantBody(t, "a|b c")
		s.do(t, call{path: "/functions/nobody"}).want(t, 404)
		callsByPython(t, url+"/RPC2")
		callsByGo(t, url+"/RPC2", url+"/jsonrpc")
	}
}

// TestXMLRPCByHTTP calls them by HTTP alone, without a front.
func TestXMLRPCByHTTP(t *testing.T) {
	needPeers(t)
	t.Parallel()
	r := typedFunctions()
	r.Log = backendLog(t)
	mux := http.NewServeMux()
	mux.Handle("/RPC2", protocol.ToHTTP(r.XMLRPC()))
	mux.Handle("/jsonrpc", protocol.ToHTTP(r.JSONRPC()))
	mux.Handle("/functions/", http.StripPrefix("/functions", protocol.ToHTTP(r.HTTP())))
	srv := httptest.NewServer(mux)
	defer srv.Close()
	callsByPython(t, srv.URL+"/RPC2")
	callsByGo(t, srv.URL+"/RPC2", srv.URL+"/jsonrpc")
	res, err := http.Post(srv.URL+"/functions/echo/a/b", "", nil)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if b, err := io.ReadAll(res.Body); string(b) != "a|b" || err != nil {
		t.Errorf("%q, %v", b, err)
	}
}
