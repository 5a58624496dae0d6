package examples

import (
	"bytes"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/coder/websocket"

	"github.com/postern-gateway/postern/gateway/endpoint"
	"github.com/postern-gateway/postern/protocol"
)

// get asks for a page and returns its status and its body.
func get(t *testing.T, client *http.Client, url string) (status int, body string) {
	t.Helper()
	res, err := client.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res.StatusCode, string(b)
}

// caller is net/http's client of the backend at an endpoint's URL.
func caller(t *testing.T, url string) *http.Client {
	t.Helper()
	backend, err := endpoint.NewClient(url, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { backend.Close() })
	return &http.Client{Transport: &protocol.Transport{Backend: backend}}
}

// TestOneHandler starts one binary in each way.
func TestOneHandler(t *testing.T) {
	t.Parallel()
	hello := program(t, "onehandler")
	asks := func(t *testing.T, url string) {
		t.Helper()
		if status, body := get(t, caller(t, url), "http://localhost/world"); status != 200 || body != "hello, /world\n" {
			t.Errorf("%s: %d %q", url, status, body)
		}
	}
	t.Run("by hand", func(t *testing.T) {
		p := start(t, []string{"POSTERN_LISTEN=auto://127.0.0.1:0"}, hello)
		addr := p.says(t, `url=auto://(\S+)`)
		for _, scheme := range []string{"fastcgi", "scgi", "uwsgi", "http"} {
			asks(t, scheme+"://"+addr)
		}
	})
	t.Run("by hand, behind nginx", func(t *testing.T) {
		host := loopback()
		start(t, []string{"POSTERN_LISTEN=auto://" + host + ":9000"}, hello).says(t, "url=")
		addr := startNginx(t, "onehandler", "127.0.0.1:8820", host)
		for _, path := range []string{"/fastcgi", "/scgi", "/uwsgi", "/http"} {
			if status, body := get(t, http.DefaultClient, "http://"+addr+path); status != 200 || body != "hello, "+path+"\n" {
				t.Errorf("%s: %d %q", path, status, body)
			}
		}
	})
	t.Run("as a CGI script", func(t *testing.T) { asks(t, "cgi:"+hello) })
	t.Run("by spawn-fcgi", func(t *testing.T) {
		socket := filepath.Join(t.TempDir(), "s")
		start(t, nil, need(t, "/usr/bin/spawn-fcgi"), "-n", "-s", socket, "--", hello).acceptsOn(t, "unix", socket)
		asks(t, "fastcgi+unix:"+socket)
	})
}

// TestWebSocket echoes by each protocol that can, and behind nginx.
func TestWebSocket(t *testing.T) {
	t.Parallel()
	p := start(t, nil, program(t, "websocket"), "http://127.0.0.1:0", "scgi://127.0.0.1:0", "uwsgi://127.0.0.1:0")
	for _, name := range []string{"http", "scgi", "uwsgi"} {
		url := p.says(t, `listening at (`+name+`\S+)`)
		t.Run(name, func(t *testing.T) { echoes(t, caller(t, url), "ws://localhost/") })
	}
	t.Run("nginx", func(t *testing.T) {
		host := loopback()
		p := start(t, nil, program(t, "websocket"), "http://"+host+":8080", "scgi://"+host+":4000", "uwsgi://"+host+":3031")
		p.says(t, "listening at uwsgi")
		addr := startNginx(t, "websocket", "127.0.0.1:8900", host)
		for _, name := range []string{"http", "scgi", "uwsgi"} {
			t.Run(name, func(t *testing.T) { echoes(t, http.DefaultClient, "ws://"+addr+"/"+name) })
		}
	})
}

func echoes(t *testing.T, client *http.Client, url string) {
	t.Helper()
	c, _, err := websocket.Dial(t.Context(), url, &websocket.DialOptions{HTTPClient: client})
	if err != nil {
		t.Fatal(err)
	}
	defer c.CloseNow()
	for _, message := range [][]byte{[]byte("hello"), bytes.Repeat([]byte("0123456789"), 3000)} {
		if err := c.Write(t.Context(), websocket.MessageBinary, message); err != nil {
			t.Fatal(err)
		}
		if _, b, err := c.Read(t.Context()); err != nil || !bytes.Equal(b, message) {
			t.Fatalf("%d bytes came back as %d, %v", len(message), len(b), err)
		}
	}
	if err := c.Close(websocket.StatusNormalClosure, ""); err != nil {
		t.Error(err)
	}
}

// TestChi asks the router, and behind nginx.
func TestChi(t *testing.T) {
	t.Parallel()
	t.Run("alone", func(t *testing.T) {
		addr := start(t, nil, program(t, "chi"), "-listen", "127.0.0.1:0").says(t, ` at (\S+)$`)
		routes(t, caller(t, "fastcgi://"+addr), "http://localhost")
	})
	t.Run("nginx", func(t *testing.T) {
		host := loopback()
		start(t, nil, program(t, "chi"), "-listen", host+":9000").says(t, " at ")
		routes(t, http.DefaultClient, "http://"+startNginx(t, "chi", "127.0.0.1:8810", host))
	})
}

func routes(t *testing.T, client *http.Client, base string) {
	t.Helper()
	for _, row := range []struct {
		path   string
		status int
		begins string
	}{
		{"/books/7", 200, "book 7, asked for by 127.0.0.1:"},
		{"/books", 404, "404 page not found\n"},
		{"/admin/", 401, ""},
	} {
		if status, body := get(t, client, base+row.path); status != row.status || !strings.HasPrefix(body, row.begins) {
			t.Errorf("%s: want %d %q, got %d %q", row.path, row.status, row.begins, status, body)
		}
	}
	r, err := http.NewRequestWithContext(t.Context(), "GET", base+"/admin/", nil)
	if err != nil {
		t.Fatal(err)
	}
	r.SetBasicAuth("admin", "secret")
	res, err := client.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if b, err := io.ReadAll(res.Body); string(b) != "welcome\n" || err != nil {
		t.Errorf("with the password: %s, %q, %v", res.Status, b, err)
	}
}

// TestPHPClient has the program call a php-fpm.
func TestPHPClient(t *testing.T) {
	t.Parallel()
	const script = "phpclient/hello.php"
	fpm := "/usr/sbin/php-fpm"
	if found, _ := filepath.Glob(fpm + "[0-9]*"); len(found) > 0 {
		fpm = found[0] // its name has a version
	}
	dir := sharedDir(t)
	source, err := os.ReadFile(script)
	if err != nil {
		t.Fatal(err)
	}
	socket, conf, copied := filepath.Join(dir, "s"), filepath.Join(dir, "fpm.conf"), filepath.Join(dir, "hello.php")
	pool := "[global]\nerror_log = /dev/stderr\n[www]\nlisten = " + socket + "\nlisten.mode = 0666\npm = static\npm.max_children = 1\n"
	if os.Getuid() == 0 {
		pool += "user = www-data\ngroup = www-data\n"
	}
	for path, text := range map[string]string{conf: pool, copied: string(source)} {
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	start(t, nil, need(t, fpm), "-F", "-n", "-y", conf).acceptsOn(t, "unix", socket)
	out, err := exec.CommandContext(t.Context(), program(t, "phpclient"), "fastcgi+unix:"+socket, copied).CombinedOutput()
	readme, readErr := os.ReadFile("phpclient/README.md")
	if err != nil || readErr != nil {
		t.Fatalf("%v, %v: %s", err, readErr, out)
	}
	for line := range strings.Lines(string(out)) { // what to see
		if !strings.Contains(string(readme), "    "+line) {
			t.Errorf("the README does not show %q", line)
		}
	}
	if n := bytes.Count(out, []byte("\n")); n != 2 {
		t.Errorf("%d lines: %s", n, out)
	}
}
