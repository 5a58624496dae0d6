package interop

import (
	"bytes"
	"crypto/sha1"
	"fmt"
	"mime/multipart"
	"net/http"
	"net/http/cookiejar"
	"path/filepath"
	"strings"
	"testing"
)

// TestFlask has an application of Flask in uWSGI, on a socket for each protocol that uWSGI serves.
func TestFlask(t *testing.T) {
	needPeers(t)
	t.Parallel()
	app, err := filepath.Abs("testdata/peers/flaskapp.py")
	if err != nil {
		t.Fatal(err)
	}
	protocols, sockets := []string{"fastcgi", "scgi", "http", "uwsgi"}, t.TempDir()
	args := []string{"--plugin", "python3", "--processes", "2", "--wsgi-file", app, "--callable", "app", "--buffer-size", "16384"}
	for _, name := range protocols {
		args = append(args, "--"+name+"-socket", filepath.Join(sockets, name))
	}
	uwsgiProgram(t, filepath.Join(sockets, "uwsgi"), args...)
	for _, name := range protocols {
		t.Run(name, func(t *testing.T) {
			s := behindPostern(t, name+"+unix:"+filepath.Join(sockets, name), nil)
			client := "127.0.0.1"
			if name == "http" {
				client = "0.0.0.0" // uWSGI says who is connected, and nobody is at a Unix socket
			}
			flaskAnswers(t, s, client)
			flaskVisits(t, s)
		})
	}
}

func flaskAnswers(t *testing.T, s *peerSite, client string) {
	s.get(t, "/?q=%41").wantBody(t, "GET http://"+s.addr+"/?q=A from "+client+"\n")
	if got := s.do(t, call{path: "/away"}).want(t, http.StatusFound).header.Get("Location"); got != "/?q=a+b" {
		t.Errorf("Location: %q", got)
	}
	form := http.Header{"Content-Type": {"application/x-www-form-urlencoded"}}
	s.do(t, call{path: "/form", header: form, body: strings.NewReader("a=1&b=two+words&a=%C3%BC")}).want(t, 200).wantBody(t, "a=1 a=\u00fc b=two words\n")

	var body bytes.Buffer
	w := multipart.NewWriter(&body)
	file, err := w.CreateFormFile("file", "a picture.png")
	if err != nil {
		t.Fatal(err)
	}
	picture := pattern(t, 3_000_000)
	file.Write(picture)
	w.WriteField("title", "a title")
	w.Close()
	s.do(t, call{path: "/upload", header: http.Header{"Content-Type": {w.FormDataContentType()}}, body: &body}).want(t, 200).
		wantBody(t, fmt.Sprintf("a picture.png %d %x a title\n", len(picture), sha1.Sum(picture)))

	lines := strings.Split(strings.TrimSuffix(string(s.get(t, "/stream").body), "\n"), "\n")
	if len(lines) != 1000 || !strings.HasPrefix(lines[999], "line 999 x") {
		t.Errorf("a stream: %d lines, the last %.20q", len(lines), lines[len(lines)-1])
	}
}

// flaskVisits keeps a session in a signed cookie.
func flaskVisits(t *testing.T, s *peerSite) {
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	visitor := &site{pair: s.pair, addr: s.addr, client: &http.Client{Jar: jar, Transport: s.client.Transport}}
	for i := range 3 {
		visitor.get(t, "/visit").wantBody(t, fmt.Sprintf("visit %d\n", i+1))
	}
	s.get(t, "/visit").wantBody(t, "visit 1\n")
}
