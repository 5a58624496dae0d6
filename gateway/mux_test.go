package gateway_test

import (
	"io"
	"testing"

	"github.com/postern-gateway/postern/gateway"
	"github.com/postern-gateway/postern/protocol"
)

// split is a handler that says its name, and how the path was split for it.
func split(name string) protocol.Handler {
	return protocol.HandlerFunc(func(w protocol.ResponseWriter, r *protocol.Request) error {
		_, err := io.WriteString(w, name+" "+r.Params.Get("SCRIPT_NAME")+" "+r.Params.Get("PATH_INFO"))
		return err
	})
}

func TestMux(t *testing.T) {
	m := gateway.Mux{
		{Prefix: "/", Handler: split("root")},
		{Prefix: "/app", Handler: split("app")},
		{Prefix: "/app/deep/", Handler: split("deep")},
		{Host: "other.test", Handler: split("other")},
		{Host: "other.test", Prefix: "/x", Handler: split("otherx")},
		{Host: "::1", Handler: split("six")},
	}
	s := &gateway.Server{Handler: m}
	c := serveSCGI(t, s, unix(t))
	for _, row := range []struct {
		text, host, script, path, want string
	}{
		{"the variables stay where the prefix is the root", "", "/s", "/x", "root /s /x"},
		{"the prefix becomes SCRIPT_NAME", "", "", "/app/x/y", "app /app /x/y"},
		{"the prefix alone", "", "", "/app", "app /app "},
		{"by whole elements", "", "", "/apple", "root  /apple"},
		{"the longest prefix", "", "", "/app/deep/z", "deep /app/deep /z"},
		{"a path that the front has split", "", "/app/deep", "/z", "deep /app/deep /z"},
		{"a path in SCRIPT_NAME alone, as nginx sends it", "", "/app/x", "", "app /app /x"},
		{"the host, and its port is no part of it", "other.test:8080", "", "/app", "other  /app"},
		{"in any case", "OTHER.test", "", "/app", "other  /app"},
		{"the host and the prefix", "other.test", "", "/x/1", "otherx /x /1"},
		{"an IPv6 address", "[::1]:80", "", "/app", "six  /app"},
	} {
		r := &protocol.Request{Params: protocol.Pairs("REQUEST_METHOD", "GET", "SCRIPT_NAME", row.script, "PATH_INFO", row.path, "HTTP_HOST", row.host)}
		res, err := c.RoundTrip(t.Context(), r)
		if err != nil {
			t.Fatal(err)
		}
		b, _ := io.ReadAll(res.Body)
		if res.Body.Close(); string(b) != row.want {
			t.Errorf("%s: %q, want %q", row.text, b, row.want)
		}
	}
}

func TestMuxWithoutPathVariables(t *testing.T) {
	s := &gateway.Server{Handler: gateway.Mux{{Prefix: "/a b", Handler: split("spaced")}}}
	c := serveSCGI(t, s, unix(t))
	for uri, want := range map[string]answer{
		"/a%20b/c?d": {200, "spaced /a b /c"},
		"/other":     {404, "404 no route for \"/other\"\n"},
	} {
		res, err := c.RoundTrip(t.Context(), &protocol.Request{Params: protocol.Pairs("REQUEST_METHOD", "GET", "REQUEST_URI", uri)})
		if err != nil {
			t.Fatal(err)
		}
		b, _ := io.ReadAll(res.Body)
		if res.Body.Close(); (answer{res.Status, string(b)}) != want {
			t.Errorf("%s: %d %q, want %v", uri, res.Status, b, want)
		}
	}
}
