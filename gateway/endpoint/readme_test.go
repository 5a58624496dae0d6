package endpoint_test

import (
	"context"
	"net/http"
	"net/http/httputil"
	"net/url"

	"github.com/postern-gateway/postern/gateway"
	"github.com/postern-gateway/postern/gateway/endpoint"
	"github.com/postern-gateway/postern/gateway/route"
	"github.com/postern-gateway/postern/gateway/site"
	"github.com/postern-gateway/postern/gateway/upstream"
	"github.com/postern-gateway/postern/protocol"
	"github.com/postern-gateway/postern/uwsgi"
	"github.com/postern-gateway/postern/uwsgi/rpc"
)

// The lines of the README. It has no output: it is compiled, not run.
func Example_readme() {
	var user string
	target := &url.URL{Scheme: "http", Host: "www.example.org"}
	http.HandleFunc("/who", func(w http.ResponseWriter, hr *http.Request) {
		// A net/http handler behind FromHTTP finds the request as it came, with all variables of
		// the front.
		if r := protocol.RequestFromContext(hr.Context()); r != nil {
			user = r.Params.Get("REMOTE_USER")
		}
	})

	// ToHTTP is the other way round: a native handler in a net/http server.
	native := protocol.HandlerFunc(func(w protocol.ResponseWriter, r *protocol.Request) error { return nil })
	http.Handle("/native/", protocol.ToHTTP(native))

	// A Proxy sends requests on to a backend, by any protocol; behind net/http it is one line.
	client, err := endpoint.NewClient("fastcgi://127.0.0.1:9000", nil)
	proxy := &gateway.Proxy{Backend: client}
	http.Handle("/app/", protocol.ToHTTP(proxy))

	// A Balancer sends each request to one of several.
	balancer := &upstream.Balancer{Policy: upstream.LeastConnections}
	backend, err := endpoint.NewBackend("fastcgi://10.0.0.1:9000?weight=2&probe=5s", nil)
	err = balancer.Add(backend) // and so on
	proxy = &gateway.Proxy{Backend: balancer}

	// A Transport has net/http's own client, and its ReverseProxy, call php-fpm, uWSGI, any
	// backend.
	php := &http.Client{Transport: &protocol.Transport{Backend: client}}
	front := &httputil.ReverseProxy{Transport: php.Transport, Rewrite: func(r *httputil.ProxyRequest) { r.SetURL(target) }}

	// A Mux gives each handler its part of the URL space.
	mux := gateway.Mux{{Prefix: "/app", Handler: proxy}, {Handler: native}}
	err = endpoint.Serve(mux)

	// A site of PHP scripts and files, behind any of the protocols, nginx's fastcgi_pass too.
	wiki := &site.PHP{Root: "/srv/wiki", Scripts: proxy, Files: &site.Files{Root: "/srv/wiki"}}

	// Functions that uWSGI's programs call by uwsgi.rpc(), beside requests on a uwsgi listener.
	functions := new(rpc.Registry)
	functions.Register("hello", func(ctx context.Context, args [][]byte) ([]byte, error) { return []byte("Hello World"), nil })
	listener, err := endpoint.Listen(context.Background(), "uwsgi://127.0.0.1:3031")
	listener.UWSGI.Kinds = map[uwsgi.Modifier]uwsgi.Kind{uwsgi.ModifierRPC: functions}

	// Rules of uWSGI's internal routing, in front of a handler.
	environment := new(endpoint.Backends).Environment(rpc.Local(functions))
	rules, err := environment.Parse("rules.ini", "route = ^/foo rpc:hello ${REQUEST_URI} ${REMOTE_ADDR}")
	table, err := route.New(native, rules...)
	_, _, _, _, _ = user, front, wiki, table, err
}
