package fetch

import (
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// page is an answer of HTTP.
const page = "HTTP/1.1 201 Created\r\nX-B: 2\r\nContent-Type: text/plain\r\nX-A: 1\r\nContent-Length: 6\r\nConnection: close\r\n\r\nhello\n"

// pageHead is its head, as -i prints it.
const pageHead = "HTTP/1.1 201 Created\r\nContent-Length: 6\r\nContent-Type: text/plain\r\nX-A: 1\r\nX-B: 2\r\n\r\n"

// TestShown has each way to show an answer.
func TestShown(t *testing.T) {
	addr := saying(t, page)
	file := filepath.Join(t.TempDir(), "f")
	for _, row := range []struct {
		name string
		set  func(c *Config)
		out  string
	}{
		{"the body", func(*Config) {}, "hello\n"},
		{"the head, too", func(c *Config) { c.Show.Include = true }, pageHead + "hello\n"},
		{"the head alone", func(c *Config) { c.Message.Head = true }, pageHead},
		{"standard output by name", func(c *Config) { c.Show.Output = "-" }, "hello\n"},
		{"a file", func(c *Config) { c.Show.Output = file }, ""},
		{"after an error, nothing", func(c *Config) { c.Show.WriteOut = "[%{http_code}]%{onerror}[failed]" }, "hello\n[201]"},
		{"no error", func(c *Config) { c.Show.Fail = true }, "hello\n"},
		{"variables", func(c *Config) {
			c.Show.WriteOut = `[%{http_code} %{response_code} %{size_download} %{size_upload} %{content_type} %{num_redirects} %{num_connects} %{method} %{exitcode} %{scheme} %{remote_ip} %header{x-b} 100%% \t%{unknown}%]\n`
		}, "hello\n[201 201 6 0 text/plain 0 1 GET 0 HTTP 127.0.0.1 2 100% \t%]\n"},
	} {
		cfg := Config{URL: "http://" + addr + "/x"}
		row.set(&cfg)
		out, errs, code, err := run(t, t.Context(), cfg)
		if out != row.out || code != 0 {
			t.Errorf("%s: %q, want %q; %q, %v", row.name, out, row.out, errs, err)
		}
	}
	if b, err := os.ReadFile(file); string(b) != "hello\n" {
		t.Errorf("%q, %v", b, err)
	}
}

// TestFailShown: -f leaves out the body alone, and what follows %{onerror} is of failures.
func TestFailShown(t *testing.T) {
	addr := saying(t, "HTTP/1.1 404 Not Found\r\nContent-Length: 2\r\nConnection: close\r\n\r\nno")
	cfg := Config{URL: "http://" + addr + "/", Show: Show{Fail: true, Include: true, WriteOut: "[%{http_code}%{onerror} %{exitcode}]"}}
	out, _, code, _ := run(t, t.Context(), cfg)
	if want := "HTTP/1.1 404 Not Found\r\nContent-Length: 2\r\n\r\n[404 22]"; out != want || code != CodeStatus {
		t.Errorf("%q, want %q; %d", out, want, code)
	}
}

// TestRemoteName writes to a file of the URL's name.
func TestRemoteName(t *testing.T) {
	t.Chdir(t.TempDir())
	if _, _, code, err := run(t, t.Context(), Config{URL: "http://" + saying(t, page) + "/a/b%20c.txt?c", Show: Show{FileName: true}}); code != 0 {
		t.Fatal(err)
	}
	if b, err := os.ReadFile("b%20c.txt"); string(b) != "hello\n" {
		t.Errorf("%q, %v", b, err)
	}
}

// TestVerbose has what -v prints, in curl's manner.
func TestVerbose(t *testing.T) {
	addr := saying(t, page)
	_, errs, _, _ := run(t, t.Context(), Config{URL: "http://" + addr + "/x", Show: Show{Verbose: true}})
	want := "*   Trying " + addr + "...\n* Connected to http://" + addr + "\n> GET /x HTTP/1.1\n> Host: " + addr + "\n> Accept: */*\n> User-Agent: postern\n>\n" +
		"< HTTP/1.1 201 Created\n< Content-Length: 6\n< Content-Type: text/plain\n< X-A: 1\n< X-B: 2\n<\n"
	if errs != want {
		t.Errorf("%q, want\n%q", errs, want)
	}
	addr = saying(t, stdErr("oh\n")+stdout(cgiHead+"\r\nhello")+stdout("")+endRequest(0))
	out, errs, _, _ := run(t, t.Context(), Config{URL: "fastcgi://" + addr + "/x", Show: Show{Verbose: true}})
	for _, part := range []string{"> role responder\n", "> REQUEST_URI=/x\n", "\noh\n", "< HTTP/1.1 200 OK\n< Content-Type: text/plain\n<\n"} {
		if out != "hello" || !strings.Contains(errs, part) {
			t.Errorf("%q, %q lacks %q", out, errs, part)
		}
	}
}

// TestWire shows every message of both sides, with offsets and bytes.
func TestWire(t *testing.T) {
	answers := map[string]string{
		"fastcgi": stdout(cgiHead+"\r\nhello") + stdout("") + endRequest(0),
		"scgi":    cgiHead + "\r\nhello", "uwsgi": cgiHead + "\r\nhello", "http": httpHead + "Content-Length: 5\r\n\r\nhello",
	}
	for wire, want := range map[string]string{
		"fastcgi": `(?s)1 \* open .* -> .*, fastcgi\n.*1 > BEGIN_REQUEST 1 RESPONDER\n +00000000  01 .*1 < STDOUT 1 .*1 < END_REQUEST 1 REQUEST_COMPLETE 0\n.*1 \* closed: \d+ bytes >, \d+ bytes <`,
		"scgi":    `(?s)1 > request CONTENT_LENGTH="0" .*1 < head 200 .*1 < body "hello"`,
		"uwsgi":   `(?s)1 > .*REQUEST_URI="/x".*1 < head 200 .*1 < body "hello"`,
		"http":    `(?s)1 > .*GET.*1 < .*200.*hello`,
	} {
		out, errs, code, err := run(t, t.Context(), Config{URL: wire + "://" + saying(t, answers[wire]) + "/x", Show: Show{Wire: true}})
		if out != "hello" || code != 0 || !regexp.MustCompile(want).MatchString(errs) {
			t.Errorf("%s: %q, %v:\n%s", wire, out, err, errs)
		}
	}
	// What is not of the protocol is shown all the same.
	_, errs, _, _ := run(t, t.Context(), Config{URL: "fastcgi://" + saying(t, "HTTP/1.1 400 Bad Request\r\n\r\n") + "/x", Show: Show{Wire: true}})
	if !strings.Contains(errs, `1 < `) || !strings.Contains(errs, "48 54 54 50 2f 31 2e 31") {
		t.Error(errs)
	}
}

// TestWriteOutOfFailures: -w tells of what failed, too.
func TestWriteOutOfFailures(t *testing.T) {
	out, _, code, _ := run(t, t.Context(), Config{URL: "http://" + saying(t, "") + "/x", Show: Show{WriteOut: "%{json}\n"}})
	var got map[string]any
	if err := json.Unmarshal([]byte(out), &got); err != nil || code != CodeEmpty {
		t.Fatalf("%d, %q, %v", code, out, err)
	}
	if got["http_code"] != 0.0 || got["exitcode"] != 52.0 || !strings.Contains(got["errormsg"].(string), "closed without a byte") || got["time_total"].(float64) <= 0 || got["num_connects"] != 1.0 {
		t.Errorf("%v", got)
	}
	for _, name := range WriteOutVariables() {
		if _, ok := got[name]; !ok && name != "json" && name != "header_json" && name != "stdout" && name != "stderr" && name != "onerror" {
			t.Errorf("%s is not there", name)
		}
	}
	out, errs, _, _ := run(t, t.Context(), Config{URL: "http://" + saying(t, page) + "/x", Show: Show{WriteOut: "%{stderr}%{header_json}%{stdout}%{http_code}"}})
	if out != "hello\n201" || !strings.Contains(errs, `"x-a":["1"]`) {
		t.Errorf("%q, %q", out, errs)
	}
	out, _, _, _ = run(t, t.Context(), Config{URL: "http://127.0.0.1:1/x", Show: Show{WriteOut: "%{http_code}"}})
	if out != "000" {
		t.Errorf("%q", out)
	}
}

// TestStderr: what a backend writes to its error stream is on standard error, as it is.
func TestStderr(t *testing.T) {
	addr := saying(t, stdErr("PHP Warning: oh")+stdErr(" no\n")+stdout(cgiHead+"\r\nhello")+stdout("")+endRequest(0))
	out, errs, code, err := run(t, t.Context(), Config{URL: "fastcgi://" + addr + "/x"})
	if out != "hello" || errs != "PHP Warning: oh no\n" || code != 0 {
		t.Errorf("%q, %q, %v", out, errs, err)
	}
}

// TestAdvice is what was probably meant, where an answer is whole.
func TestAdvice(t *testing.T) {
	missing := saying(t, stdErr("Primary script unknown")+stdout("Status: 404 Not Found\r\n\r\nFile not found.\n")+stdout("")+endRequest(0))
	for _, row := range []struct{ url, want string }{
		{"fastcgi://" + missing + "/x", "postern: php-fpm runs the file that SCRIPT_FILENAME names: say --script FILE\n"},
		{"scgi://" + saying(t, "HTTP/1.1 400 Bad Request\r\n\r\n") + "/x", "postern: the peer speaks HTTP, and could not read a request of scgi; is this an http:// port?\n"},
	} {
		if _, errs, code, _ := run(t, t.Context(), Config{URL: row.url}); code != 0 || !strings.HasSuffix(errs, row.want) {
			t.Errorf("%s: %d, %q", row.url, code, errs)
		}
		if _, errs, _, _ := run(t, t.Context(), Config{URL: row.url, Show: Show{Silent: true}}); strings.Contains(errs, "postern:") {
			t.Errorf("%s: %q", row.url, errs)
		}
	}
}
