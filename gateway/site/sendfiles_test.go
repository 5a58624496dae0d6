package site_test

import (
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"

	"github.com/postern-gateway/postern/gateway"
	"github.com/postern-gateway/postern/gateway/site"
	"github.com/postern-gateway/postern/protocol"
)

// naming is a backend that answers with the fields of the query "Name:value,Name:value" and a body.
func naming(body string) protocol.Handler {
	return protocol.HandlerFunc(func(w protocol.ResponseWriter, r *protocol.Request) error {
		for field := range strings.SplitSeq(r.Params.Get("QUERY_STRING"), ",") {
			if name, value, ok := strings.Cut(field, ":"); ok {
				w.Header().Add(name, value)
			}
		}
		if r.Params.Get("PATH_INFO") == "/empty" {
			return nil
		}
		w.WriteHeader(http.StatusOK)
		if _, err := io.WriteString(w, body); err != nil {
			return err
		}
		if err := http.NewResponseController(w).Flush(); err != nil {
			return err
		}
		_, err := io.Copy(w, strings.NewReader("."))
		return err
	})
}

func TestSendFiles(t *testing.T) {
	root := newTree(t)
	sibling := root + "-sibling"
	write(t, filepath.Join(sibling, "x.txt"), "sibling")
	files := &site.SendFiles{Handler: naming("body"), Dirs: []string{root}, Internal: map[string]string{"/p": root, "/p/deep/": filepath.Join(root, "sub")}}
	off := &site.SendFiles{Handler: naming("body")}
	const refused = "502 502 Bad Gateway"
	for _, row := range []struct {
		name, target, header, want string
		handler                    protocol.Handler
		show                       []string
	}{
		{name: "none", target: "/", want: "200 body."},
		{name: "x-sendfile", target: "/?X-Sendfile:" + root + "/a.txt", want: "200 0123456789 | text/plain; charset=utf-8 | 10 | " + tagOfText,
			show: []string{"Content-Type", "Content-Length", "Etag"}},
		{name: "an empty answer", target: "/empty?X-Sendfile:" + root + "/a.txt", want: "200 0123456789"},
		{name: "its fields go on", target: "/?X-Sendfile:" + root + "/a.txt,Content-Type:text/x-own,Content-Disposition:attachment,Cache-Control:private," +
			"Expires:0,Set-Cookie:a=b,Content-Length:5,Etag:own,X-Other:1",
			show: []string{"Content-Type", "Content-Disposition", "Cache-Control", "Expires", "Set-Cookie", "Content-Length", "Etag", "X-Other", "X-Sendfile"},
			want: "200 0123456789 | text/x-own | attachment | private | 0 | a=b | 10 | " + tagOfText + " | 1 | "},
		{name: "a range", target: "/?X-Sendfile:" + root + "/a.txt", header: "Range: bytes=2-3", want: "206 23 | bytes 2-3/10", show: []string{"Content-Range"}},
		{name: "not changed", target: "/?X-Sendfile:" + root + "/a.txt", header: "If-None-Match: " + tagOfText, want: "304"},
		{name: "x-accel-redirect", target: "/?X-Accel-Redirect:/p/a%20b/%C3%BC%26%3Ci%3E.txt?x=1", want: "200 odd"},
		{name: "the longest prefix", target: "/?X-Accel-Redirect:/p/deep/index.html", want: "200 <p>sub"},
		{name: "a script and a dotfile", target: "/?X-Sendfile:" + root + "/index.php", want: "200 <?php"},
		{name: "a dotfile", target: "/?X-Accel-Redirect:/p/.htaccess", want: "200 deny"},
		{name: "without the option", handler: off, target: "/?X-Sendfile:/etc/passwd,X-Accel-Redirect:/p/a.txt", want: "200 body. | /etc/passwd | /p/a.txt",
			show: []string{"X-Sendfile", "X-Accel-Redirect"}},
		{name: "missing", target: "/?X-Sendfile:" + root + "/missing", want: "404 404 Not Found"},
		{name: "outside", target: "/?X-Sendfile:/etc/passwd,Set-Cookie:a=b", want: refused + " | ", show: []string{"Set-Cookie"}},
		{name: "up", target: "/?X-Sendfile:" + root + "/../secret.txt", want: refused},
		{name: "a sibling of the same beginning", target: "/?X-Sendfile:" + sibling + "/x.txt", want: refused},
		{name: "relative", target: "/?X-Sendfile:a.txt", want: refused},
		{name: "a link outside", target: "/?X-Sendfile:" + root + "/out.txt", want: refused},
		{name: "a directory", target: "/?X-Sendfile:" + root + "/sub", want: refused},
		{name: "the root", target: "/?X-Sendfile:" + root, want: refused},
		{name: "below no prefix", target: "/?X-Accel-Redirect:/pa.txt", want: refused},
		{name: "up, escaped", target: "/?X-Accel-Redirect:/p/%2e%2e/secret.txt", want: refused},
		{name: "an escaped slash", target: "/?X-Accel-Redirect:/p/..%2fsecret.txt", want: refused},
		{name: "a NUL", target: "/?X-Accel-Redirect:/p/a.txt%00", want: refused},
		{name: "bad escapes", target: "/?X-Accel-Redirect:/p/a.txt%zz", want: refused},
		{name: "empty", target: "/?X-Accel-Redirect:", want: refused},
	} {
		t.Run(row.name, func(t *testing.T) {
			if row.handler == nil {
				row.handler = files
			}
			header := make(http.Header)
			if name, value, ok := strings.Cut(row.header, ": "); ok {
				header[name] = []string{value}
			}
			if got := get(t, row.handler, "GET", row.target, header, row.show...); got != row.want {
				t.Errorf("%q, want %q", got, row.want)
			}
		})
	}
	if got := get(t, files, "POST", "/?X-Sendfile:"+root+"/a.txt", nil); got != "200 0123456789" {
		t.Errorf("POST: %q", got)
	}
	if got := get(t, files, "HEAD", "/?X-Sendfile:"+root+"/a.txt", nil, "Content-Length"); got != "200  | 10" {
		t.Errorf("HEAD: %q", got)
	}
}

// A backend's own failure stays what it is, also where it has named a file.
func TestSendFilesFailing(t *testing.T) {
	root := newTree(t)
	failing := protocol.HandlerFunc(func(w protocol.ResponseWriter, r *protocol.Request) error {
		w.Header().Set("X-Sendfile", root+"/a.txt")
		w.WriteHeader(http.StatusOK)
		return errors.New("broken")
	})
	if got := get(t, &site.SendFiles{Handler: failing, Dirs: []string{root}}, "GET", "/", nil); got != "500 500 Internal Server Error" {
		t.Error(got)
	}
}

// Backends behind every protocol name files, and the answers go by every protocol.
func TestSendFilesOfBackends(t *testing.T) {
	root := newTree(t)
	for _, w := range wires {
		t.Run(w.name, func(t *testing.T) {
			backend, _ := serveBy(t, w, naming("body"))
			c, _ := serveBy(t, w, &site.SendFiles{Handler: &gateway.Proxy{Backend: backend}, Dirs: []string{root}})
			for _, row := range []struct{ target, header, want string }{
				{"/x?X-Sendfile:" + root + "/a.txt,Content-Type:text/x-own", "", "200 0123456789 | text/x-own | "},
				{"/x?X-Sendfile:" + root + "/a.txt", "Range: bytes=1-2", "206 12 | text/plain; charset=utf-8 | "},
				{"/x?X-Sendfile:/etc/passwd", "", "502 502 Bad Gateway | text/plain; charset=utf-8 | "},
				{"/x?X-Accel-Redirect:/etc/passwd,Content-Type:a/b", "", "200 body. | a/b | /etc/passwd"},
			} {
				if got := ask(t, c, "GET", row.target, row.header, "Content-Type", "X-Accel-Redirect"); got != row.want {
					t.Errorf("%s: %q, want %q", row.target, got, row.want)
				}
			}
		})
	}
}

// A name outside is one line in the log, which tells the name.
func TestSendFilesLogged(t *testing.T) {
	var log strings.Builder
	loop := &protocol.Loop{Handler: &site.SendFiles{Handler: naming("body"), Dirs: []string{t.TempDir()}}, Log: slog.New(slog.NewTextHandler(&log, nil))}
	loop.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest("GET", "/?X-Sendfile:/etc/passwd", nil))
	if text := log.String(); strings.Count(text, "\n") != 1 || !strings.Contains(text, "X-Sendfile /etc/passwd: not a file below the directories that it may name") {
		t.Errorf("the log has %q", text)
	}
}
