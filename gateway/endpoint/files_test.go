package endpoint_test

import (
	"io"
	"log/slog"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/postern-gateway/postern/gateway/endpoint"
	"github.com/postern-gateway/postern/protocol"
)

// What is wrong with a files: URL is told when its handler is made.
func TestFilesRefused(t *testing.T) {
	file := filepath.Join(t.TempDir(), "x.txt")
	if err := os.WriteFile(file, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	for _, row := range []struct{ url, want string }{
		{"files:/nonexistent/", "files:/nonexistent/: stat /nonexistent: no such file or directory"},
		{"files:" + file, "is a file: name a directory"},
		{"files:", "no path: write one after the colon"},
		{"files+unix:/x", "files is no network protocol: write files:DIRECTORY/"},
		{"files:/?listing=maybe", `bad listing "maybe": write 1 or 0`},
		{"files:/?mount=static", `bad mount "static": write it with a slash before it`},
		{"http://127.0.0.1?x-sendfile=/nonexistent", "http://127.0.0.1:80: bad x-sendfile: stat /nonexistent: no such file or directory"},
		{"http://127.0.0.1?x-sendfile", "bad x-sendfile: no directory: name one"},
		{"http://127.0.0.1?x-accel-redirect=/srv", `bad x-accel-redirect "/srv": write it as x-accel-redirect=/protected=/srv/files`},
		{"files:/?keep=1", `unknown option "keep": known here are mount, index, listing, hidden, precompressed, follow-links`},
	} {
		h, err := endpoint.NewHandler(row.url, nil)
		if err == nil || !strings.Contains(err.Error(), row.want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: %v, want %s", row.url, err, row.want)
		}
		if h != nil {
			t.Errorf("%s: a handler", row.url)
		}
	}
	if _, err := endpoint.NewClient("files:/", nil); err == nil || !strings.Contains(err.Error(), "served in this process") {
		t.Errorf("a client of files: %v", err)
	}
	if _, err := endpoint.Listen(t.Context(), "files:/"); err == nil {
		t.Error("a listener of files")
	}
}

// A backend may name files where its URL says so.
func TestSendFilesOption(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "x.txt"), []byte("the file"), 0o644); err != nil {
		t.Fatal(err)
	}
	url, _ := startAt(t, "scgi://127.0.0.1:0", protocol.HandlerFunc(func(w protocol.ResponseWriter, r *protocol.Request) error {
		w.Header().Set("X-Accel-Redirect", "/p/x.txt")
		if r.Params.Get("PATH_INFO") == "/named" {
			w.Header().Del("X-Accel-Redirect")
			w.Header().Set("X-Sendfile", dir+"/x.txt")
		}
		_, err := io.WriteString(w, "the backend")
		return err
	}), nil)
	both := "?x-sendfile=" + dir + "&x-accel-redirect=/p=" + dir
	for _, row := range []struct{ url, path, want string }{
		{url, "/", "the backend"},
		{url + both, "/", "the file"},
		{url + both, "/named", "the file"},
	} {
		h, err := endpoint.NewHandler(row.url, nil)
		if err != nil {
			t.Fatal(err)
		}
		defer h.Close()
		srv := httptest.NewServer(protocol.ToHTTP(h))
		defer srv.Close()
		res, err := srv.Client().Get(srv.URL + row.path)
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close()
		if body, err := io.ReadAll(res.Body); string(body) != row.want || err != nil {
			t.Errorf("%s%s: %q, %v, want %q", row.url, row.path, body, err, row.want)
		}
	}
	if _, err := endpoint.NewClient(url+both, nil); err == nil || !strings.Contains(err.Error(), "option x-sendfile is for a handler") {
		t.Errorf("a client: %v", err)
	}
}

// Each option of files: is a field of the handler.
func TestFilesOptions(t *testing.T) {
	root := t.TempDir()
	for name, text := range map[string]string{"x.css": "plain", "x.css.gz": "gzipped", ".env": "hidden", "start.htm": "start", "../out.txt": "outside"} {
		if err := os.WriteFile(filepath.Join(root, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Symlink("../out.txt", filepath.Join(root, "link.txt")); err != nil {
		t.Fatal(err)
	}
	const missing, forbidden = "404 Not Found\n", "403 Forbidden\n"
	for _, row := range []struct{ options, path, want string }{
		{"", "/x.css", "gzipped"},
		{"?precompressed=0", "/x.css", "plain"},
		{"", "/", forbidden},
		{"?index=index.html&index=start.htm", "/", "start"},
		{"?listing", "/", "<!DOCTYPE html>"},
		{"?listing=off", "/", forbidden},
		{"", "/.env", missing},
		{"?hidden=1", "/.env", "hidden"},
		{"", "/link.txt", missing},
		{"?follow-links=yes", "/link.txt", "outside"},
		{"?mount=/m", "/m/x.css", "gzipped"},
		{"?mount=/m", "/x.css", missing},
	} {
		h, err := endpoint.NewHandler("files:"+root+row.options, nil)
		if err != nil {
			t.Fatal(err)
		}
		defer h.Close()
		rec := httptest.NewRecorder()
		hr := httptest.NewRequest("GET", row.path, nil)
		hr.Header.Set("Accept-Encoding", "gzip")
		(&protocol.Loop{Handler: h, Log: slog.New(slog.DiscardHandler)}).ServeHTTP(rec, hr)
		if got := rec.Body.String(); got != row.want && !(strings.HasPrefix(row.want, "<") && strings.HasPrefix(got, row.want)) {
			t.Errorf("%s %s: %q, want %q", row.options, row.path, got, row.want)
		}
	}
}
