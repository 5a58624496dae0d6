package site_test

import (
	"context"
	"fmt"
	"net"
	"net/http/httptest"
	"os"
	"path/filepath"

	"github.com/postern-gateway/postern/fastcgi"
	"github.com/postern-gateway/postern/gateway"
	"github.com/postern-gateway/postern/gateway/site"
	"github.com/postern-gateway/postern/protocol"
)

// phpFPM is a client of php-fpm.
func phpFPM() *fastcgi.Client {
	return &fastcgi.Client{Dial: func(ctx context.Context) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, "unix", "/run/php/php-fpm.sock")
	}}
}

// A site of PHP behind any listener: srv.Serve has it by FastCGI, SCGI or uwsgi, behind nginx.
func ExamplePHP() {
	wiki := &site.PHP{Root: "/srv/wiki", Scripts: &gateway.Proxy{Backend: phpFPM()}}
	srv := &gateway.Server{Handler: wiki}
	l, err := net.Listen("tcp", "127.0.0.1:8080")
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(srv.ServeHTTP(l))
}

// What is not there is the index script's, as in WordPress, and two directories are nobody's.
func ExamplePHP_try() {
	root, err := os.MkdirTemp("", "site")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(root)
	if err := os.WriteFile(filepath.Join(root, "index.php"), nil, 0o644); err != nil {
		fmt.Println(err)
		return
	}
	p := &site.PHP{Root: root, BackendRoot: "/var/www"}
	p.Try, _ = site.ParseTry("FILE,FILE/,/index.php?q=PATH")
	p.Deny, _ = site.ParseDeny("/data/,/conf/")
	// In place of php-fpm this tells what it would be asked for.
	p.Scripts = protocol.HandlerFunc(func(w protocol.ResponseWriter, r *protocol.Request) error {
		_, err := fmt.Fprintln(w, r.Params.Get("SCRIPT_FILENAME"), r.Params.Get("QUERY_STRING"))
		return err
	})
	for _, path := range []string{"/a/page", "/data/users"} {
		w := httptest.NewRecorder()
		if err := p.Serve(w, &protocol.Request{Params: protocol.Pairs("REQUEST_METHOD", "GET", "PATH_INFO", path)}); err != nil {
			fmt.Println(protocol.Status(err))
		}
		fmt.Print(w.Body)
	}
	// Output:
	// /var/www/index.php q=a%2Fpage
	// 403
}

func ExampleTry() {
	var try site.Try
	var err error
	try, err = site.ParseTry("FILE,FILE/,=404")
	fmt.Println(len(try), err)
	_, err = site.ParseTry("$uri,$uri/")
	fmt.Println(err)
	// Output:
	// 3 <nil>
	// "$uri": write FILE for $uri, and nothing for $args: the query goes on by itself
}

func ExampleDeny() {
	var deny site.Deny
	for _, list := range []string{"/data/,/conf/", "*.sql"} {
		more, err := site.ParseDeny(list)
		if err != nil {
			fmt.Println(err)
			return
		}
		deny = append(deny, more...)
	}
	fmt.Println(len(deny))
	// Output: 3
}
