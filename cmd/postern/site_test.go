package main

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/postern-gateway/postern/fastcgi"
	"github.com/postern-gateway/postern/gateway"
	"github.com/postern-gateway/postern/protocol"
)

// A site is served by one command: by the flags of serve, and by the URL of an endpoint. What takes
// the place of php-fpm tells what it is to run.
func TestServeSite(t *testing.T) {
	root := t.TempDir()
	for _, name := range []string{"index.php", "doku.php", "style.css", "data/users", "data/x.php", ".htaccess", "sub/home.html"} {
		if err := os.MkdirAll(filepath.Dir(filepath.Join(root, name)), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(root, name), []byte("file "+name), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	fpm := startPHP(t)
	for name, args := range map[string][]string{
		"flags": {"--root", root, "--php", fpm, "--php-root", "/var/www", "--try", "FILE,FILE/,/index.php?q=PATH", "--deny", "/data/,*.sql", "--index", "index.php,home.html"},
		"URL":   {"--to", "php:" + root + "/?fpm=" + fpm + "&php-root=/var/www&try=FILE,FILE/,/index.php%3Fq%3DPATH&deny=/data/,*.sql&index=index.php,home.html"},
		"rule":  {"--to", "demo:", "--route", "^/ php:" + root + "/?fpm=" + fpm + "&php-root=/var/www&try=FILE,FILE/,/index.php%3Fq%3DPATH&deny=/data/&index=index.php,home.html"},
	} {
		t.Run(name, func(t *testing.T) {
			url := startServe(t, 1, append(args, "--listen", "http://127.0.0.1:0")...)[0]
			for path, want := range map[string]string{
				"/":             "200 /var/www/index.php /index.php  ",
				"/doku.php/a?b": "200 /var/www/doku.php /doku.php /a b",
				"/a/page?b":     "200 /var/www/index.php /index.php  q=a%2Fpage&b",
				"/.htaccess":    "200 /var/www/index.php /index.php  q=.htaccess",
				"/style.css":    "200 file style.css",
				"/sub/":         "200 file sub/home.html",
				"/data/users":   "403 403 Forbidden\n",
				"/data/x.php":   "403 403 Forbidden\n",
			} {
				wantAnswer(t, url+path, want)
			}
		})
	}
	t.Run("files alone", func(t *testing.T) {
		url := startServe(t, 1, "--root", root, "--listen", "http://127.0.0.1:0")[0]
		wantAnswer(t, url+"/style.css", "200 file style.css")
		wantAnswer(t, url+"/doku.php", "404 404 Not Found\n")
		wantAnswer(t, url+"/.htaccess", "404 404 Not Found\n")
	})
}

func wantAnswer(t *testing.T, url, want string) {
	t.Helper()
	res, err := http.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if got := fmt.Sprint(res.StatusCode, " ", string(body)); got != want || err != nil {
		t.Errorf("%s: want %q, got %q, %v", url, want, got, err)
	}
}

// startPHP starts what takes the place of php-fpm, and returns its URL.
func startPHP(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	srv := &gateway.Server{Handler: protocol.HandlerFunc(func(w protocol.ResponseWriter, r *protocol.Request) error {
		var values []string
		for _, name := range []string{"SCRIPT_FILENAME", "SCRIPT_NAME", "PATH_INFO", "QUERY_STRING"} {
			values = append(values, r.Params.Get(name))
		}
		_, err := io.WriteString(w, strings.Join(values, " "))
		return err
	})}
	done := make(chan error)
	go func() { done <- srv.Serve(l, fastcgi.Protocol{}) }()
	t.Cleanup(func() {
		srv.Shutdown(context.Background())
		<-done
	})
	return "fastcgi://" + l.Addr().String()
}
