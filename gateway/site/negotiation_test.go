package site_test

import (
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/postern-gateway/postern/gateway/site"
)

// What of a file and its compressed neighbours a client gets.
func TestAcceptEncoding(t *testing.T) {
	root := newTree(t)
	f := &site.Files{Root: root}
	for _, row := range []struct{ target, accept, want string }{
		{"/style.css", "", "200 body {} |  | Accept-Encoding"},
		{"/style.css", "gzip", "200 gzipped | gzip | Accept-Encoding"},
		{"/style.css", "x-gzip", "200 gzipped | gzip | Accept-Encoding"},
		{"/style.css", "GZIP", "200 gzipped | gzip | Accept-Encoding"},
		{"/style.css", "gzip, deflate, br, zstd", "200 by brotli | br | Accept-Encoding"},
		{"/style.css", "gzip, zstd", "200 by zstd! | zstd | Accept-Encoding"},
		{"/style.css", "br;q=0.5, gzip;q=0.8", "200 gzipped | gzip | Accept-Encoding"},
		{"/style.css", "br;q=0, *", "200 by zstd! | zstd | Accept-Encoding"},
		{"/style.css", "*;q=0", "200 body {} |  | Accept-Encoding"},
		{"/style.css", "gzip;q=0", "200 body {} |  | Accept-Encoding"},
		{"/style.css", "gzip;q=nonsense", "200 body {} |  | Accept-Encoding"},
		{"/style.css", "gzip;q=0.5, identity", "200 body {} |  | Accept-Encoding"},
		{"/style.css", "identity;q=0.5, gzip", "200 gzipped | gzip | Accept-Encoding"},
		{"/style.css", "deflate", "200 body {} |  | Accept-Encoding"},
		{"/photo.JPG", "gzip", "200 jpeg |  | "}, // compressed already
	} {
		var header http.Header
		if row.accept != "" {
			header = http.Header{"Accept-Encoding": {row.accept}}
		}
		if got := get(t, f, "GET", row.target, header, "Content-Encoding", "Vary"); got != row.want {
			t.Errorf("%s, %q: %q, want %q", row.target, row.accept, got, row.want)
		}
	}
	f = &site.Files{Root: root, Plain: true}
	if got, want := get(t, f, "GET", "/style.css", http.Header{"Accept-Encoding": {"gzip"}}, "Content-Encoding", "Vary"), "200 body {} |  | "; got != want {
		t.Errorf("plain files alone: %q, want %q", got, want)
	}
}

func TestTypes(t *testing.T) {
	root := t.TempDir()
	f := &site.Files{Root: root, Types: map[string]string{".xyz": "chemical/x-xyz", ".html": "text/html"}}
	for name, want := range map[string]string{
		"x.html": "text/html", "x.htm": "text/html; charset=utf-8", "x.CSS": "text/css; charset=utf-8", "x.mjs": "text/javascript; charset=utf-8",
		"x.json": "application/json", "x.svg": "image/svg+xml", "x.avif": "image/avif", "x.ico": "image/x-icon", "x.woff2": "font/woff2",
		"x.wasm": "application/wasm", "x.pdf": "application/pdf", "x.mp4": "video/mp4", "x.xyz": "chemical/x-xyz", "x.tar.gz": "application/gzip",
		"x": "application/octet-stream", "x.no-such-type": "application/octet-stream",
	} {
		write(t, filepath.Join(root, name), "<html>")
		if got := get(t, f, "GET", "/"+name, nil, "Content-Type"); got != "200 <html> | "+want {
			t.Errorf("%s: %s, want %s", name, got, want)
		}
	}
}

// A list has what would be served, and nothing of it is taken for markup.
func TestListing(t *testing.T) {
	root := newTree(t)
	for _, name := range []string{"index.html"} {
		if err := os.Remove(filepath.Join(root, name)); err != nil {
			t.Fatal(err)
		}
	}
	f := &site.Files{Root: root, Listing: true, Mount: "/m"}
	page := get(t, f, "GET", "/m/", nil, "Content-Type")
	for _, want := range []string{`<a href="./a.txt">a.txt</a>`, `<a href="./sub/">sub/</a>`, `<a href="./a%20b/">a b/</a>`, "2026-01-02 03:04:05",
		"Index of /m/", "text/html; charset=utf-8", `<a href="./.well-known/">`} {
		if !strings.Contains(page, want) {
			t.Errorf("no %s in %s", want, page)
		}
	}
	for _, bad := range []string{"htaccess", ".git", "php", "out.txt", "../"} {
		if strings.Contains(strings.ReplaceAll(page, `"./php"`, ""), `"./`+bad) {
			t.Errorf("%s in %s", bad, page)
		}
	}
	odd := get(t, f, "GET", "/m/a%20b/", nil)
	if want := `<a href="./%C3%BC&amp;%3Ci%3E.txt">ü&amp;&lt;i&gt;.txt</a>`; !strings.Contains(odd, want) || strings.Contains(odd, "<i>") {
		t.Errorf("no %s in %s", want, odd)
	}
	if !strings.Contains(odd, `<a href="../">`) || !strings.Contains(odd, "Index of /m/a b") {
		t.Errorf("no way up in %s", odd)
	}
}
