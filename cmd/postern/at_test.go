package main

import (
	"io"
	"net/http"
	"os"
	"path/filepath"
	"testing"
)

// tellPlace is a CGI script that says how the path was divided for it, and what it was asked for.
const tellPlace = `#!/bin/sh
printf 'Content-Type: text/plain\n\n%s %s|%s|%s|%s' "${0##*/}" "$SCRIPT_NAME" "$PATH_INFO" "$REQUEST_URI" "$HTTP_X_FORWARDED_PREFIX"
`

// Several backends by host and path, by every protocol: each finds its place in SCRIPT_NAME, or,
// by HTTP, cut off its target.
func TestServePlaces(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"one.cgi", "tree.cgi", "back.cgi"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(tellPlace), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(filepath.Join(dir, "page.html"), []byte("a page"), 0o644); err != nil {
		t.Fatal(err)
	}
	back := startServe(t, 4, "--to", "cgi:"+filepath.Join(dir, "back.cgi"), "--listen", "fastcgi://127.0.0.1:0", "--listen", "scgi://127.0.0.1:0",
		"--listen", "uwsgi://127.0.0.1:0", "--listen", "http://127.0.0.1:0")
	args := []string{"--listen", "http://127.0.0.1:0", "--at", "/one=cgi:" + filepath.Join(dir, "one.cgi"), "--at", "/tree/=cgi:" + dir + "/",
		"--at", "/tree/demo=demo:", "--at", "static.test/=files:" + dir + "/", "--at", "static.test/one=demo:?handler=http", "--at", "/files=files:" + dir + "/",
		"--at", "/fastcgi=" + back[0], "--at", "/scgi=" + back[1], "--at", "/uwsgi=" + back[2], "--at", "/http=" + back[3] + "?keep=2"}
	alone := startServe(t, 1, args...)[0]
	withTo := startServe(t, 1, append(args, "--to", "cgi:"+filepath.Join(dir, "back.cgi"))...)[0]
	for _, row := range []struct {
		base, host, target, want string
		status                   int
	}{
		{alone, "", "/one/a%20b?c=d", "one.cgi /one|/a b|/one/a%20b?c=d|", 200},
		{alone, "", "/one", "one.cgi /one||/one|", 200},
		{alone, "", "/tree/tree.cgi/x", "tree.cgi /tree/tree.cgi|/x|/tree/tree.cgi/x|", 200},
		{alone, "", "/tree/demo/status?code=404", "404 Not Found\n", 404}, // the longest path
		{alone, "", "/fastcgi/x", "back.cgi |/fastcgi/x|/fastcgi/x|", 200},
		{alone, "", "/http/x?y", "back.cgi |/x|/x?y|/http", 200},
		{alone, "", "/files/page.html", "a page", 200},
		{alone, "static.test", "/page.html", "a page", 200},
		{alone, "static.test:8080", "/one/status?code=404", "404 Not Found\n", 404}, // a host first
		{alone, "", "/oneself", "404 no route for \"/oneself\"\n", 404},
		{withTo, "", "/oneself", "back.cgi |/oneself|/oneself|", 200},
		{withTo, "", "/one/x", "one.cgi /one|/x|/one/x|", 200},
	} {
		r, err := http.NewRequest("GET", row.base+row.target, nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Host = row.host
		res, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(res.Body)
		res.Body.Close()
		if string(body) != row.want || res.StatusCode != row.status || err != nil {
			t.Errorf("%s%s: %d %q, %v, want %q", row.host, row.target, res.StatusCode, body, err, row.want)
		}
	}
}
