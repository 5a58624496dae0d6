package gateway_test

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/postern-gateway/postern/gateway"
	"github.com/postern-gateway/postern/protocol"
)

// A handler of net/http finds the same behind a Mux and a HandlerVar whether it gets net/http's own
// request or one that is derived, which it does where somebody observes.
func TestMuxGivesNetHTTPsRequest(t *testing.T) {
	say := func(name string) protocol.Handler {
		return protocol.FromHTTP(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			p := protocol.RequestFromContext(r.Context()).Params
			fmt.Fprint(w, name, " ", r.URL, " ", r.RequestURI, " ", p.Get("SCRIPT_NAME"), " ", p.Get("PATH_INFO"), " ", p.Get("REQUEST_METHOD"))
		}))
	}
	var inner gateway.HandlerVar
	inner.Set(say("inner"))
	mux := gateway.Mux{
		{Handler: say("any")},
		{Host: "other", Handler: say("other")},
		{Prefix: "/app/", Handler: say("app")},
		{Prefix: "/in", Handler: gateway.Mux{{Handler: &inner}, {Prefix: "/in/more", Handler: say("more")}}},
		{Prefix: "/native", Handler: protocol.HandlerFunc(func(w protocol.ResponseWriter, r *protocol.Request) error {
			_, err := io.WriteString(w, "native "+r.Params.Get("SCRIPT_NAME"))
			return err
		})},
	}
	for _, observe := range []func(*protocol.Request, protocol.Summary){nil, func(r *protocol.Request, _ protocol.Summary) {
		if script := r.Params.Get("SCRIPT_NAME"); script != "" {
			t.Errorf("told of SCRIPT_NAME %q", script)
		}
	}} {
		s := &gateway.Server{Handler: mux, Observe: observe}
		l := tcp(t)
		serve(t, s, func() error { return s.ServeHTTP(l) })
		for target, want := range map[string]string{
			"/x?q":          "any /x?q /x?q  /x GET",
			"/app/a%20b":    "app /app/a%20b /app/a%20b /app /a b GET",
			"/apple":        "any /apple /apple  /apple GET",
			"/in":           "inner /in /in /in  GET",
			"/in/more/x":    "more /in/more/x /in/more/x /in/more /x GET",
			"/native/x":     "native /native",
			"http://other/": "other / /  / GET",
			"http://h/app/": "app /app/ /app/ /app / GET",
		} {
			c := dial(t, l.Addr())
			io.WriteString(c, "GET "+target+" HTTP/1.0\r\nHost: h\r\n\r\n")
			b, err := io.ReadAll(c)
			if _, body, _ := strings.Cut(string(b), "\r\n\r\n"); body != want {
				t.Errorf("observed: %v, %s: %q, %v; want %q", observe != nil, target, body, err, want)
			}
		}
	}
}
