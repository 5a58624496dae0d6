package gateway_test

import (
	"io"
	"net/http"
	"testing"

	"github.com/postern-gateway/postern/gateway"
	"github.com/postern-gateway/postern/protocol"
)

// Behind a Mux the request of an http.Handler's context is the one that the Mux gave, with its
// SCRIPT_NAME.
func TestRequestFromContextBehindAMux(t *testing.T) {
	h := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		p := protocol.RequestFromContext(r.Context()).Params
		io.WriteString(w, p.Get("SCRIPT_NAME")+" "+p.Get("PATH_INFO"))
	})
	s := &gateway.Server{Handler: gateway.Mux{{Prefix: "/app", Handler: protocol.FromHTTP(h)}}}
	res, err := serveSCGI(t, s, tcp(t)).RoundTrip(t.Context(), &protocol.Request{Params: requestParams("GET", "/app/x")})
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if b, err := io.ReadAll(res.Body); string(b) != "/app /x" || err != nil {
		t.Errorf("%q, %v", b, err)
	}
}
