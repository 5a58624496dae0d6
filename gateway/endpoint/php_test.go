package endpoint_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/postern-gateway/postern/gateway/endpoint"
)

// What is wrong with a php: URL is told when its handler is made.
func TestPHPRefused(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "x.txt")
	if err := os.WriteFile(file, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	const fpm = "fpm=fastcgi+unix:/run/php/php-fpm.sock"
	for _, row := range []struct{ url, want string }{
		{"php:" + dir + "/", "no fpm: say what runs the scripts"},
		{"php:/nonexistent/?" + fpm, "stat /nonexistent: no such file or directory"},
		{"php:" + file + "?" + fpm, "is no directory"},
		{"php:" + dir + "/?fpm=gopher://x", `unknown scheme "gopher"`},
		{"php:" + dir + "/?fpm=", "no scheme"},
		{"php:" + dir + "/?fpm=http://127.0.0.1:80", "PHP is run by php-fpm"},
		{"php:" + dir + "/?fpm=cgi:/usr/bin/php-cgi", "PHP is run by php-fpm"},
		{"php:" + dir + "/?fpm=fastcgi+unix:/x?keep=many", `bad keep "many"`},
		{"php:" + dir + "/?" + fpm + "&try=$uri", `bad try: "$uri": write FILE`},
		{"php:" + dir + "/?" + fpm + "&deny=/", `bad deny: "/": write a path`},
		{"php:" + dir + "/?" + fpm + "&index=a/b", `index "a/b": write the name of a file`},
		{"php:" + dir + "/?" + fpm + "&mount=wiki", "bad mount: write it with a slash before it"},
		{"php:" + dir + "/?" + fpm + "&keep=1", `unknown option "keep": known here are fpm, mount, follow-links, php-root, index, try, deny`},
		{"php+unix:/x", "php is no network protocol: write php:DIRECTORY/?fpm=URL"},
	} {
		h, err := endpoint.NewHandler(row.url, nil)
		if err == nil || !strings.Contains(err.Error(), row.want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: %v, want %s", row.url, err, row.want)
		}
		if h != nil {
			t.Errorf("%s: a handler", row.url)
		}
	}
}

// TestPHPBackend: the plus of a scheme is one, also where an option's plus is a space.
func TestPHPBackend(t *testing.T) {
	for _, url := range []string{"fastcgi+unix:/run/php/php-fpm.sock", "fastcgi%2Bunix:/run/php/php-fpm.sock?keep=4%26max-age=1m", "scgi://127.0.0.1:9000"} {
		h, err := endpoint.NewHandler("php:"+t.TempDir()+"/?fpm="+url+"&try=FILE,/index.php&deny=/data/&deny=*.sql", nil)
		if err != nil {
			t.Errorf("%s: %v", url, err)
			continue
		}
		if err := h.Close(); err != nil {
			t.Error(err)
		}
	}
	if _, err := endpoint.NewPHPBackend("http://127.0.0.1", nil); err == nil || !strings.Contains(err.Error(), "PHP is run by php-fpm") {
		t.Errorf("HTTP: %v", err)
	}
	h, err := endpoint.NewPHPBackend("fastcgi://127.0.0.1:9000", nil)
	if err != nil {
		t.Fatal(err)
	}
	h.Close()
}
