package protocol_test

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"

	"github.com/postern-gateway/postern/protocol"
	"github.com/postern-gateway/postern/scgi"
)

// backend is a client of a server by SCGI, which has each connection served by the core's loop.
func backend() *scgi.Client {
	loop := &protocol.Loop{Handler: protocol.FromHTTP(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprintf(w, "%s %s of %s by SCGI", r.Method, r.URL, r.Host)
	}))}
	return &scgi.Client{Dial: func(context.Context) (net.Conn, error) {
		server, client := net.Pipe()
		go loop.Serve(context.Background(), scgi.Protocol{}.NewConn(server, nil))
		return client, nil
	}}
}

func ExampleTransport() {
	client := &http.Client{Transport: &protocol.Transport{Backend: backend()}}
	res, err := client.Get("http://example.org/page?q=1")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	fmt.Println(res.Status, string(body), err)
	// Output: 200 OK GET /page?q=1 of example.org by SCGI <nil>
}

// net/http/httputil's ReverseProxy before a backend that speaks SCGI.
func ExampleTransport_reverseProxy() {
	proxy := &httputil.ReverseProxy{
		Transport: &protocol.Transport{Backend: backend()},
		Rewrite:   func(r *httputil.ProxyRequest) { r.SetURL(&url.URL{Scheme: "http", Host: "inside.example"}) },
	}
	rec := httptest.NewRecorder()
	proxy.ServeHTTP(rec, httptest.NewRequest("GET", "/page", nil))
	fmt.Println(rec.Code, rec.Body)
	// Output: 200 GET /page of inside.example by SCGI
}
