package interop

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/postern-gateway/postern/gateway/endpoint"
)

// TestFiles has curl and Go's client ask for static files, behind nginx's fastcgi_pass and directly
// over HTTP.
func TestFiles(t *testing.T) {
	needFronts(t)
	t.Parallel()
	root := t.TempDir()
	large := bytes.Repeat([]byte("0123456789abcdef"), 1<<16)
	when := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	for name, text := range map[string][]byte{"large.bin": large, "a b.css": []byte("body {}"), "a b.css.gz": []byte("gzipped"), "index.php": []byte("<?php"),
		".env": []byte("secret"), "sub/index.html": []byte("<p>sub")} {
		name = filepath.Join(root, name)
		err := os.MkdirAll(filepath.Dir(name), 0o755)
		if err == nil {
			err = os.WriteFile(name, text, 0o644)
		}
		if err == nil {
			err = os.Chtimes(name, when, when)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	files, err := endpoint.NewHandler("files:"+root, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer files.Close()
	direct := startBackend(t, &pair{protocol: "http"}, files)
	c := startFront(t, nginx(), "fastcgi", startBackend(t, &pair{protocol: "fastcgi"}, files), "")
	for name, url := range map[string]string{"nginx": "http://" + loopback(c.Port), "direct": "http://" + direct.String()} {
		t.Run(name, func(t *testing.T) {
			filesByCurl(t, url)
			filesByGo(t, url, large)
		})
	}
}

// filesByCurl asks as people do by hand: %{http_code} and the body.
func filesByCurl(t *testing.T, url string) {
	tag := strings.TrimSpace(curl(t, "-o", "/dev/null", "-w", "%header{etag}", url+"/large.bin"))
	for _, row := range []struct {
		args []string
		want string
	}{
		{[]string{"-r", "2-5", url + "/large.bin"}, "2345 206"},
		{[]string{"-r", "-3", url + "/large.bin"}, "def 206"},
		{[]string{"-r", "9999999-", "-o", "/dev/null", url + "/large.bin"}, " 416"},
		{[]string{"-H", "If-None-Match: " + tag, url + "/large.bin"}, " 304"},
		{[]string{"-z", "Fri, 02 Jan 2026 03:04:05 GMT", url + "/large.bin"}, " 304"},
		{[]string{"-H", "If-Range: \"other\"", "-r", "0-0", "-o", "/dev/null", "-w", "%{size_download}", url + "/large.bin"}, "1048576"},
		{[]string{"-H", "Accept-Encoding: gzip", url + "/a%20b.css"}, "gzipped 200"},
		{[]string{"-L", url + "/sub?x=1"}, "<p>sub 200"},
		{[]string{"-I", "-o", "/dev/null", url + "/large.bin"}, " 200"},
		{[]string{"-d", "x=1", "-o", "/dev/null", url + "/large.bin"}, " 405"},
		{[]string{"--path-as-is", "-o", "/dev/null", url + "/.env"}, " 404"},
		{[]string{"-o", "/dev/null", url + "/index.php"}, " 404"},
		{[]string{"-o", "/dev/null", url + "/sub%2findex.html"}, " 400"},
	} {
		if got := curl(t, append([]string{"-w", " %{http_code}"}, row.args...)...); got != row.want {
			t.Errorf("curl %q: %q, want %q", row.args, got, row.want)
		}
	}
}

func curl(t *testing.T, args ...string) string {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), "curl", append([]string{"-s", "--max-time", fmt.Sprint(patience.Seconds())}, args...)...).Output()
	if err != nil {
		t.Fatalf("curl %q: %v", args, err)
	}
	return string(out)
}

// filesByGo reads a whole file, resumes one in the middle, and asks again for what it has.
func filesByGo(t *testing.T, url string, large []byte) {
	client := newClient()
	defer client.CloseIdleConnections()
	get := func(header ...string) (*http.Response, []byte) {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url+"/large.bin", nil)
		if err != nil {
			t.Fatal(err)
		}
		for i := 0; i < len(header); i += 2 {
			r.Header.Set(header[i], header[i+1])
		}
		res, err := client.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close()
		body, err := io.ReadAll(res.Body)
		if err != nil {
			t.Fatal(err)
		}
		return res, body
	}
	res, body := get()
	if res.StatusCode != 200 || !bytes.Equal(body, large) || res.ContentLength != int64(len(large)) {
		t.Errorf("%d, %d bytes of %d", res.StatusCode, len(body), len(large))
	}
	tag := res.Header.Get("Etag")
	res, body = get("Range", "bytes=1000-", "If-Range", tag)
	if want := fmt.Sprintf("bytes 1000-%d/%d", len(large)-1, len(large)); res.StatusCode != 206 || !bytes.Equal(body, large[1000:]) || res.Header.Get("Content-Range") != want {
		t.Errorf("resumed: %d, %d bytes, %q", res.StatusCode, len(body), res.Header.Get("Content-Range"))
	}
	if res, body = get("If-None-Match", tag); res.StatusCode != 304 || len(body) > 0 || res.Header.Get("Etag") != tag {
		t.Errorf("asked again: %d, %d bytes", res.StatusCode, len(body))
	}
}
