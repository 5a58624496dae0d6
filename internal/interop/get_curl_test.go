package interop

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/postern-gateway/postern/internal/netio/netiotest"
)

// curlFields are the fields of a request that curl and we are to send alike.
var curlFields = []string{"Content-Type", "Content-Length", "Authorization", "Cookie", "Referer", "Accept", "X-A", "Transfer-Encoding"}

// boundaryOf is the boundary of a form, which is another each time.
var boundaryOf = regexp.MustCompile(`-{20,}[0-9a-zA-Z]+`)

// TestGetBesideCurl asks the same HTTP server by curl and by postern get, with the same flags: the
// same is sent, printed, and returned.
func TestGetBesideCurl(t *testing.T) {
	needPeers(t)
	t.Parallel()
	var mu sync.Mutex
	var got []string
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		b, _ := io.ReadAll(r.Body)
		s := r.Method + " " + r.RequestURI
		for _, name := range curlFields {
			if v := r.Header.Values(name); len(v) > 0 && name != "Content-Length" {
				s += "\n" + name + ": " + strings.Join(v, ", ")
			}
		}
		mu.Lock()
		got = append(got, boundaryOf.ReplaceAllString(fmt.Sprintf("%s\n%d %v\n%s", s, len(b), r.TransferEncoding, b), "BOUNDARY"))
		mu.Unlock()
		if status, err := strconv.Atoi(r.URL.Query().Get("status")); err == nil {
			if to := r.URL.Query().Get("to"); to != "" {
				w.Header().Set("Location", to)
			}
			w.WriteHeader(status)
		}
		fmt.Fprintf(w, "%s of %d bytes\n", r.Method, len(b))
	}))
	defer srv.Close()
	curl, err := lookProgram("curl")
	if err != nil {
		t.Fatal(err)
	}
	command, err := buildCommand()
	if err != nil {
		t.Fatal(err)
	}
	take := func() []string {
		mu.Lock()
		defer mu.Unlock()
		taken := got
		got = nil
		return taken
	}
	for _, row := range curlRows(t) {
		args := append([]string{"-sS"}, row.args...)
		url := srv.URL + row.path
		theirs := runCommand(t, row.in, append(append([]string{curl}, args...), url)...)
		want := take()
		ours := runCommand(t, row.in, append(append([]string{command, "get"}, args...), url)...)
		sent := take()
		if strings.Join(sent, "\n") != strings.Join(want, "\n") {
			t.Errorf("%q: we send\n%q\nand curl\n%q", row.args, sent, want)
		}
		if ours.out != theirs.out || ours.status != theirs.status {
			t.Errorf("%q: we print %q and return %d, %q; curl %q and %d", row.args, ours.out, ours.status, ours.errs, theirs.out, theirs.status)
		}
	}
}

// A curlRow is a command line for both.
type curlRow struct {
	args []string
	path string
	in   string
}

func curlRows(t *testing.T) []curlRow {
	dir := t.TempDir()
	file, head := filepath.Join(dir, "f.txt"), filepath.Join(dir, "h")
	for name, text := range map[string]string{file: "line 1\r\nline 2\n", head: "X-A: of a file\n"} {
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return []curlRow{
		{nil, "/a/b?c=d", ""}, {nil, "", ""}, {nil, "/a%20b%2Fc", ""},
		{[]string{"-X", "PROPFIND"}, "/", ""},
		{[]string{"-d", "a=1", "-d", "b=2"}, "/", ""}, {[]string{"-d", "@" + file}, "/", ""}, {[]string{"-d", "@-"}, "/", "a\nb"},
		{[]string{"--data-binary", "@" + file}, "/", ""}, {[]string{"--data-binary", "@-"}, "/", "a\nb"}, {[]string{"--data-raw", "@x"}, "/", ""},
		{[]string{"--data-urlencode", "a b&c", "--data-urlencode", "n=é ~/", "--data-urlencode", "f@" + file}, "/", ""},
		{[]string{"--data-urlencode", "=a=b", "--data-urlencode", "@" + file}, "/", ""},
		{[]string{"-G", "-d", "a=1", "-d", "b=2"}, "/x?y=z", ""}, {[]string{"-G", "-I", "-d", "a=1", "-o", "/dev/null"}, "/x", ""},
		{[]string{"--json", `{"a":1}`}, "/", ""}, {[]string{"--json", `{"a":`, "--json", "1}"}, "/", ""}, {[]string{"--json", "@" + file}, "/", ""},
		{[]string{"-X", "PUT", "-d", "x"}, "/", ""}, {[]string{"-T", file}, "/", ""}, {[]string{"-T", "-"}, "/", "of in"},
		{[]string{"-F", "a=1", "-F", "f=@" + file, "-F", "g=@" + file + ";type=text/x;filename=b c.txt", "-F", "h=<" + file}, "/", ""},
		{[]string{"-F", `a="x;type=y";type=text/x`, "-F", `b="c\"d";headers="X-B: 1"`, "-F", `f=@"` + file + `";filename="b;c"`, "-F", "g=@-;filename=h"}, "/", "of in"},
		{[]string{"--form-string", "a=@<;type=x", "-F", "b=x;type=text/x"}, "/", ""},
		{[]string{"-H", "X-A: 1", "-H", "Accept:"}, "/", ""}, {[]string{"-H", "X-A;"}, "/", ""}, {[]string{"-H", "@" + head}, "/", ""},
		{[]string{"-d", "x", "-H", "Content-Type: text/plain"}, "/", ""},
		{[]string{"-u", "ada:x y"}, "/", ""}, {[]string{"-b", "a=1; b=2", "-b", "c=3"}, "/", ""}, {[]string{"-e", "http://a/"}, "/", ""},
		{[]string{"-w", `%{http_code} %{method} %{size_download} %{size_upload} %{content_type} %{num_redirects} %{exitcode}\n%%|%{scheme}`}, "/?status=404", ""},
		{[]string{"-f"}, "/?status=404", ""}, {[]string{"--fail-with-body"}, "/?status=500", ""}, {[]string{"-f"}, "/?status=399", ""},
		{[]string{"-w", "%{http_code}%{onerror}%{exitcode}"}, "/", ""}, {[]string{"-f", "-w", "%{http_code}%{onerror}%{exitcode}"}, "/?status=404", ""},
		{[]string{"-L", "-d", "a=1"}, "/?status=300&to=/x", ""}, {[]string{"-L", "-T", "-", "-o", "/dev/null"}, "/?status=307&to=/x", "of in"},
		{[]string{"-L"}, "/?status=302&to=/x", ""}, {[]string{"-L", "-d", "a=1"}, "/?status=302&to=/x", ""}, {[]string{"-L", "-d", "a=1"}, "/?status=303&to=/x", ""},
		{[]string{"-L", "-d", "a=1"}, "/?status=307&to=/x", ""}, {[]string{"-L", "-X", "POST", "-d", "a=1"}, "/?status=301&to=/x", ""},
		{[]string{"-L", "-T", file}, "/?status=308&to=/x", ""}, {[]string{"-L", "--max-redirs", "2"}, "/?status=302&to=/?status=302%26to=/?status=302%2526to=/x", ""},
		{[]string{"-L", "-w", "%{num_redirects} %{http_code}"}, "/a/?status=302&to=b", ""}, {[]string{"-w", "%{redirect_url}"}, "/?status=302&to=http://other/x", ""},
		{[]string{"-o", "/nonexistent/x"}, "/", ""}, {[]string{"-F", "f=@/nonexistent"}, "/", ""}, {[]string{"-T", "/nonexistent"}, "/", ""},
		{[]string{"-I", "-d", "x"}, "/", ""}, {[]string{"-d", "x", "-F", "a=b"}, "/", ""},
	}
}

// TestCodesBesideCurl has both fail alike.
func TestCodesBesideCurl(t *testing.T) {
	needPeers(t)
	t.Parallel()
	curl, err := lookProgram("curl")
	if err != nil {
		t.Fatal(err)
	}
	command, err := buildCommand()
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range []struct {
		name, answer string
		args         []string
		url          string // empty: that of the answer
	}{
		{"an empty reply", "", nil, ""},
		{"a short body", "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc", nil, ""},
		{"a short chunk", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab", nil, ""},
		{"a bad chunk", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nab", nil, ""},
		{"a field without a colon", "HTTP/1.1 200 OK\r\nodd\r\n\r\n", nil, ""},
		{"a bad length", "HTTP/1.1 200 OK\r\nContent-Length: zz\r\n\r\nabc", nil, ""},
		{"time", "wait", []string{"-m", "0.2"}, ""},
		{"nobody listens", "", nil, "http://127.0.0.1:1/"},
		{"no such host", "", nil, "http://postern.invalid/"},
		{"a bad URL", "", nil, "http://127.0.0.1:99999/"},
		{"a space", "", nil, "http://127.0.0.1/a b"},
	} {
		url := row.url
		if url == "" {
			url = answering(t, row.answer)
		}
		args := append(append([]string{"-sS"}, row.args...), url)
		theirs := runCommand(t, "", append([]string{curl}, args...)...)
		ours := runCommand(t, "", append([]string{command, "get"}, args...)...)
		if ours.status != theirs.status || ours.status == 0 || strings.Count(ours.errs, "\n") != 1 {
			t.Errorf("%s: we return %d, %q; curl %d, %q", row.name, ours.status, ours.errs, theirs.status, theirs.errs)
		}
	}
}

// answering is a server that reads a request, answers, and closes; "wait" has it say nothing. It
// returns its URL.
func answering(t *testing.T, answer string) string {
	return "http://" + netiotest.Peer(t, func(c net.Conn) {
		if answer == "wait" {
			io.Copy(io.Discard, c)
			return
		}
		io.WriteString(c, answer)
	}) + "/"
}

// TestGetNginx asks a real nginx over HTTP: a file of 10 MB, a part that is not there, and probe.
func TestGetNginx(t *testing.T) {
	needPeers(t)
	t.Parallel()
	dir := sharedDir(t)
	port, _ := freePorts(t)
	user := ""
	if os.Getuid() == 0 {
		user = "user root;"
	}
	conf := fmt.Sprintf("daemon off; %s pid %s/pid; error_log stderr; events {}\nhttp { access_log off; root %s; server { listen 127.0.0.1:%d; location = /to { return 302 /big; } } }\n", user, dir, dir, port)
	big := strings.Repeat("0123456789abcdef", 10<<20/16)
	for name, text := range map[string]string{"nginx.conf": conf, "big": big, "index.html": "front\n"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	p, err := startProcess(filepath.Join(dir, "log"), nil, "nginx", "-e", "stderr", "-c", filepath.Join(dir, "nginx.conf"))
	if err != nil {
		t.Fatal(err)
	}
	p.stopAtEnd(t)
	address := loopback(port)
	eventually(t, "nginx", func() bool {
		c, err := net.Dial("tcp", address)
		if err == nil {
			c.Close()
		}
		return err == nil
	})
	url := "http://" + address
	if r := postern(t, "get", "-L", url+"/to"); r.out != big || r.status != 0 {
		t.Errorf("%d bytes, %q, status %d", len(r.out), r.errs, r.status)
	}
	checkGet(t, []getRow{
		{"head", []string{"get", "-I", url + "/big"}, `^HTTP/1.1 200 OK\r\n.*Content-Length: 10485760\r\n`, "", 0},
		{"a part", []string{"get", "-H", "Range: bytes=0-3", url + "/big"}, `^0123$`, "", 0},
		{"every message", []string{"get", "--wire", url + "/"}, `^front\n$`, `1 > .*1 < .*200.*front`, 0},
		{"no such file", []string{"get", "-f", url + "/nobody"}, "", "404 Not Found", 22},
		{"a load", []string{"get", url + "/", "--repeat", "100", "--parallel", "4", "--rate", "2000"}, `status   200: 100\n$`, "", 0},
		{"probe", []string{"probe", url}, `^ok .* request status=200`, "", 0},
		{"FastCGI where HTTP is meant", []string{"get", "fastcgi://" + address + "/"}, "", "the peer speaks HTTP; is this an http:// port\\?", 8},
		{"SCGI where HTTP is meant", []string{"get", "scgi://" + address + "/"}, "400 Bad Request", "the peer speaks HTTP", 0},
		{"probe FastCGI where HTTP is meant", []string{"probe", "fastcgi://" + address}, "the peer speaks HTTP", "", 1},
	})
}
