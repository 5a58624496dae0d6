package interop

import (
	"bytes"
	"crypto/sha1"
	"fmt"
	"mime/multipart"
	"net/http"
	"strings"
	"testing"
)

// TestPHP runs a PHP program by php-cgi, as the interpreter of its extension.
func TestPHP(t *testing.T) {
	needFronts(t)
	t.Parallel()
	dir := scriptDir(t, "app.php")
	p := serveProgram(t, "stock", withParams("cgi:"+dir+"/", "interpreter", ".php=/usr/bin/php-cgi", "env", "SESSIONS="+t.TempDir()))
	p.each(t, func(t *testing.T, s *site) {
		t.Run("form", func(t *testing.T) { phpForm(t, s) })
		t.Run("upload", func(t *testing.T) { phpUpload(t, s) })
		t.Run("session", func(t *testing.T) { phpSession(t, s) })
		t.Run("the rest", func(t *testing.T) {
			s.do(t, call{path: "/app.php?do=status"}).want(t, 404).wantBody(t, "nothing here\n")
			s.get(t, "/app.php/a/b?do=path").wantBody(t, "/app.php /a/b cgi-fcgi 127.0.0.1\n")
		})
	})
}

func phpForm(t *testing.T, s *site) {
	form := "name=" + strings.Repeat("%C3%A9", 10_000) + "&list[]=1&list[]=a%26b"
	s.do(t, call{path: "/app.php?do=form", body: strings.NewReader(form),
		header: http.Header{"Content-Type": {"application/x-www-form-urlencoded"}},
	}).want(t, 200).wantBody(t, strings.Repeat("é", 10_000)+"\n1,a&b\n")
}

func phpUpload(t *testing.T, s *site) {
	file := pattern(t, 1_500_000)
	var b bytes.Buffer
	m := multipart.NewWriter(&b)
	w, err := m.CreateFormFile("file", "wall.txt")
	if err == nil {
		_, err = w.Write(file)
	}
	if err == nil {
		err = m.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
	s.do(t, call{path: "/app.php?do=upload", body: &b, header: http.Header{"Content-Type": {m.FormDataContentType()}}}).
		want(t, 200).wantBody(t, fmt.Sprintf("wall.txt 1500000 0 %x\n", sha1.Sum(file)))
}

// phpSession visits twice, and follows a redirect that is one by its Location alone: to the same
// server, and yet the session and its cookie are the client's.
func phpSession(t *testing.T, s *site) {
	first := s.get(t, "/app.php?do=session").wantBody(t, "visit 1\n")
	cookie, err := http.ParseSetCookie(first.header.Get("Set-Cookie"))
	if err != nil || cookie.Name != "PHPSESSID" {
		t.Fatalf("Set-Cookie %q: %v", first.header.Get("Set-Cookie"), err)
	}
	with := http.Header{"Cookie": {cookie.Name + "=" + cookie.Value}}
	s.do(t, call{path: "/app.php?do=session", header: with}).want(t, 200).wantBody(t, "visit 2\n")
	r := s.do(t, call{path: "/app.php?do=redirect", header: with}).want(t, 302)
	if want, got := "/app.php?do=session", r.header.Get("Location"); want != got {
		t.Errorf("Location: want %q, got %q", want, got)
	}
}
