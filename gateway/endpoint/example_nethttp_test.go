package endpoint_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"

	"github.com/postern-gateway/postern/gateway"
	"github.com/postern-gateway/postern/gateway/endpoint"
	"github.com/postern-gateway/postern/protocol"
)

// eachBackend serves hello by FastCGI, as php-fpm, by uwsgi, as uWSGI, and by SCGI, and has use
// call each.
func eachBackend(use func(scheme string, backend *endpoint.Client)) {
	srv := &gateway.Server{Handler: hello}
	defer srv.Close()
	for _, scheme := range []string{"fastcgi", "uwsgi", "scgi"} {
		l, err := endpoint.Listen(context.Background(), scheme+"://127.0.0.1:0")
		if err != nil {
			fmt.Println(err)
			return
		}
		go l.Serve(srv)
		backend, err := endpoint.NewClient(l.URL(), nil)
		if err != nil {
			fmt.Println(err)
			return
		}
		use(scheme, backend)
		backend.Close()
	}
}

// net/http's client calls php-fpm, uWSGI and servers by SCGI.
func ExampleClient_httpClient() {
	eachBackend(func(scheme string, backend *endpoint.Client) {
		client := &http.Client{Transport: &protocol.Transport{Backend: backend}}
		res, err := client.Get("http://www.example.org/" + scheme)
		if err != nil {
			fmt.Println(err)
			return
		}
		defer res.Body.Close()
		body, err := io.ReadAll(res.Body)
		fmt.Println(res.Status, string(body), err)
	})
	// Output:
	// 200 OK hello, /fastcgi <nil>
	// 200 OK hello, /uwsgi <nil>
	// 200 OK hello, /scgi <nil>
}

// net/http/httputil's ReverseProxy stands before php-fpm, uWSGI and servers by SCGI.
func ExampleClient_reverseProxy() {
	eachBackend(func(scheme string, backend *endpoint.Client) {
		proxy := &httputil.ReverseProxy{
			Transport: &protocol.Transport{Backend: backend},
			Rewrite:   func(r *httputil.ProxyRequest) { r.SetURL(&url.URL{Scheme: "http", Host: "www.example.org"}) },
		}
		rec := httptest.NewRecorder()
		proxy.ServeHTTP(rec, httptest.NewRequest("GET", "/"+scheme, nil))
		fmt.Println(rec.Code, rec.Body)
	})
	// Output:
	// 200 hello, /fastcgi
	// 200 hello, /uwsgi
	// 200 hello, /scgi
}

// A gateway.Proxy in a net/http server, in one line.
func ExampleClient_netHTTPServer() {
	eachBackend(func(scheme string, backend *endpoint.Client) {
		mux := http.NewServeMux()
		mux.Handle("/"+scheme, protocol.ToHTTP(&gateway.Proxy{Backend: backend}))
		rec := httptest.NewRecorder()
		mux.ServeHTTP(rec, httptest.NewRequest("GET", "/"+scheme, nil))
		fmt.Println(rec.Code, rec.Body)
	})
	// Output:
	// 200 hello, /fastcgi
	// 200 hello, /uwsgi
	// 200 hello, /scgi
}
