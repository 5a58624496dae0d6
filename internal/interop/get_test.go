package interop

import (
	"bytes"
	"crypto/sha1"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// A commandResult is what a command has printed, and its exit status.
type commandResult struct {
	out, errs string
	status    int
}

// runCommand runs a command line to its end.
func runCommand(t *testing.T, in string, argv ...string) commandResult {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), argv[0], argv[1:]...)
	var out, errs bytes.Buffer
	cmd.Stdin, cmd.Stdout, cmd.Stderr = strings.NewReader(in), &out, &errs
	if err := cmd.Run(); err != nil && cmd.ProcessState == nil {
		t.Fatal(err)
	}
	return commandResult{out.String(), errs.String(), cmd.ProcessState.ExitCode()}
}

// postern runs our own command.
func postern(t *testing.T, args ...string) commandResult {
	t.Helper()
	path, err := buildCommand()
	if err != nil {
		t.Fatal(err)
	}
	return runCommand(t, "", append([]string{path}, args...)...)
}

// A getRow is a command line, and what it is to print: regular expressions.
type getRow struct {
	name   string
	args   []string
	out    string
	errs   string // "" for nothing
	status int
}

// checkGet runs command lines.
func checkGet(t *testing.T, rows []getRow) {
	t.Helper()
	for _, row := range rows {
		r := postern(t, row.args...)
		matches := func(pattern, text string) bool {
			return pattern == "" && text == "" || pattern != "" && regexp.MustCompile("(?s)"+pattern).MatchString(text)
		}
		if r.status != row.status || !matches(row.out, r.out) || !matches(row.errs, r.errs) {
			t.Errorf("%s: status %d, want %d\n%.2000s\n%.2000s", row.name, r.status, row.status, r.out, r.errs)
		}
	}
}

// getFPM starts php-fpm with its own pages, and get.php in its folder.
func getFPM(t *testing.T) *fpm {
	t.Helper()
	f := &fpm{dir: sharedDir(t)}
	f.socket = filepath.Join(sharedDir(t), "s")
	source, err := os.ReadFile("testdata/peers/get.php")
	if err != nil {
		t.Fatal(err)
	}
	writeScript(t, filepath.Join(f.dir, "get.php"), string(source))
	fill(t, "get-fpm.conf", filepath.Join(f.dir, "fpm.conf"), map[string]any{"Dir": f.dir, "Socket": f.socket, "Root": os.Getuid() == 0})
	f.start(t)
	return f
}

// TestGetPHP has postern get and probe ask a real php-fpm.
func TestGetPHP(t *testing.T) {
	needPeers(t)
	t.Parallel()
	f := getFPM(t)
	url, script := "fastcgi+unix:"+f.socket, f.dir+"/get.php"
	upload := filepath.Join(t.TempDir(), "a.jpg")
	content := bytes.Repeat([]byte("0123456789abcdef"), 5<<20/16)
	if err := os.WriteFile(upload, content, 0o600); err != nil {
		t.Fatal(err)
	}
	sum := fmt.Sprintf("%x", sha1.Sum(content))
	checkGet(t, []getRow{
		{"the status page", []string{"get", url + ":/status", "--script", "/status"}, `^pool: +www\n`, "", 0},
		{"the status page, every message", []string{"get", url + ":/status?json", "--script", "/status", "--wire"}, `^\{"pool":"www"`,
			`1 > BEGIN_REQUEST 1 RESPONDER\n +00000000  01 .*nameData: "SCRIPT_FILENAME"\n.*1 < STDOUT 1 .*1 < END_REQUEST 1 REQUEST_COMPLETE 0\n`, 0},
		{"the ping page", []string{"get", "-i", url + ":/ping", "--script", "/ping"}, `^HTTP/1.1 200 OK\r\n.*\r\n\r\npong$`, "", 0},
		{"a script", []string{"get", url + ":/get.php/a%20b?x", "--script", script}, `^/get.php /a b\n$`, "", 0},
		{"one script for all paths", []string{"get", url + ":/any/path", "--script", script}, `^/get.php \n$`, "", 0},
		{"an upload", []string{"get", url + ":/get.php", "--script", script, "-F", "title=A cat", "-F", "photo=@" + upload},
			`^title=A cat\nphoto: a.jpg image/jpeg 5242880 ` + sum + `\n`, "", 0},
		{"a form", []string{"get", url + ":/get.php", "--script", script, "-d", "a=1", "--data-urlencode", "b=x y"}, `^a=1\nb=x y\n`, "", 0},
		{"its error stream", []string{"get", url + ":/get.php?log", "--script", script}, `get.php`, `PHP message: trouble ahead`, 0},
		{"a script that dies", []string{"get", "-o", "/dev/null", url + ":/get.php?die&length=200000", "--script", script}, "", "100000 bytes short of its Content-Length.*; 100000 bytes of the body had come", 18},
		{"no such script", []string{"get", "-f", url + ":/", "--script", "/nonexistent.php"}, "", "Primary script unknown.*the answer is 404 Not Found", 22},
		{"no script", []string{"get", url + ":/index.php"}, "^File not found.\n$", "\npostern: php-fpm runs the file that SCRIPT_FILENAME names: say --script FILE\n$", 0},
		{"HTTP where FastCGI is meant", []string{"get", "http+unix:" + f.socket + ":/"}, "", "closed without a byte, .*is this a fastcgi://", 56},
		{"SCGI where FastCGI is meant", []string{"get", "scgi+unix:" + f.socket + ":/"}, "", "closed without a byte", 56},

		{"probe", []string{"probe", url}, `^ok \S+ get-values FCGI_MPXS_CONNS=0 \(`, "", 0},
		{"probe, ping", []string{"probe", url, "--ping", "/ping"}, `^ok \S+ ping status=200 \(`, "", 0},
		{"probe, status page", []string{"probe", url, "--status-page", "/status", "--max-listen-queue", "5", "--max-active", "2"}, `^ok \S+ status-page pool=www process-manager=static active=[12] idle=[01] total=2 listen-queue=0 `, "", 0},
		{"probe, a bound", []string{"probe", url, "--status-page", "/status", "--min-idle", "3"}, `^failed .*: idle processes: [01] < 3 \(`, "", 1},
		{"probe, no such page", []string{"probe", url, "--ping", "/pong"}, `^failed .* the status is 404`, "", 1},
		// The last, for php-fpm 8.2 counts each ping on a kept connection but the first as one more
		// active process: of its two it then says active=52 total=52.
		{"a load", []string{"get", url + ":/ping", "--script", "/ping", "--repeat", "50", "--parallel", "2", "--option", "keep=2"}, `^50 requests in .*p99\.9.*status   200: 50\n$`, "", 0},
	})
	var page struct{ OK bool }
	if r := postern(t, "probe", "--json", url, "--status-page", "/status"); json.Unmarshal([]byte(r.out), &page) != nil || !page.OK {
		t.Errorf("%+v", r)
	}
	if err := f.run.stop(); err != nil {
		t.Fatal(err)
	}
	checkGet(t, []getRow{{"probe, when it has ended", []string{"probe", url}, `^failed .*does the server run`, "", 1}})
}

// TestGetFcgiwrap: libfcgi waits for more after GET_VALUES, and so says nothing.
func TestGetFcgiwrap(t *testing.T) {
	needPeers(t)
	t.Parallel()
	dir := sharedDir(t)
	socket := filepath.Join(dir, "s")
	p, err := startProcess(filepath.Join(dir, "log"), nil, "fcgiwrap", "-s", "unix:"+socket)
	if err != nil {
		t.Fatal(err)
	}
	p.stopAtEnd(t)
	waitSocket(t, p, socket)
	writeScript(t, filepath.Join(dir, "x.cgi"), "#!/bin/sh\nprintf 'Content-Type: text/plain\\r\\n\\r\\nhello\\n'\n")
	url := "fastcgi+unix:" + socket
	checkGet(t, []getRow{
		{"get", []string{"get", url + ":/x.cgi", "--script", dir + "/x.cgi"}, "^hello\n$", "", 0},
		{"probe a path", []string{"probe", url + ":/x.cgi", "--script", dir + "/x.cgi", "--expect", "hello"}, "^ok .* request status=200", "", 0},
		{"probe a connection", []string{"probe", "--connect", url}, "^ok .* connect ", "", 0},
		{"probe GET_VALUES", []string{"probe", "--timeout", "1", url}, "^failed .* get-values: .*has said nothing within .*by a path in the URL, or by --connect", "", 1},
	})
}

// TestGetUWSGI has them ask a real uWSGI by its three protocols.
func TestGetUWSGI(t *testing.T) {
	needPeers(t)
	t.Parallel()
	sockets := startUWSGI(t)
	for _, name := range []string{"fastcgi", "scgi", "uwsgi"} {
		url := name + "+unix:" + filepath.Join(sockets, name)
		checkGet(t, []getRow{
			{name, []string{"get", url + ":/a%20b"}, `^GET /a b\n$`, "", 0},
			{name + ", a status", []string{"get", "-f", url + ":/status"}, "", "the answer is 418 I'm a teapot", 22},
			{name + ", probe", []string{"probe", url + ":/x"}, "^ok .* request status=200", "", 0},
		})
	}
	uwsgi := "uwsgi+unix:" + filepath.Join(sockets, "uwsgi")
	checkGet(t, []getRow{
		{"ping", []string{"probe", uwsgi}, "^ok .* uwsgi-ping", "", 0},
		{"GET_VALUES", []string{"probe", "--timeout", "1", "fastcgi+unix:" + filepath.Join(sockets, "fastcgi")}, "^failed .* get-values: ", "", 1},
		{"every message", []string{"get", uwsgi + ":/a", "--wire"}, "^GET /a\n$", `1 > .*REQUEST_URI="/a".*1 < head 200`, 0},
		{"a large head", []string{"get", uwsgi + ":/a", "-p", "X=" + strings.Repeat("x", 5000)}, "", "buffer-size", 56},
	})
}
