package examples

import (
	"io"
	"net/http"
	"os/exec"
	"strings"
	"testing"
)

// An example is that of one protocol.
type example struct {
	name    string // of its folder
	backend string // where its configurations have its program
	front   string // and where they have the front listen
	prefix  string // of the paths
}

var examples = []example{
	{"cgi", "127.0.0.1:8087", "127.0.0.1:8700", "/cgi-bin/image"},
	{"fastcgi", "127.0.0.1:9000", "127.0.0.1:8888", ""},
	{"scgi", "127.0.0.1:4000", "127.0.0.1:9999", ""},
	{"uwsgi", "127.0.0.1:3030", "127.0.0.1:9898", ""},
	{"http", "127.0.0.1:8080", "127.0.0.1:8800", ""},
}

// start starts the example's program at an address and returns where it listens.
func (w example) start(t *testing.T, listen string) (addr string) {
	t.Helper()
	args := []string{program(t, w.name), "-listen", listen}
	if w.name == "cgi" {
		args[0] = program(t, "cgiserver")
		args = append(args, "-program", program(t, "cgi"))
	}
	return start(t, nil, args...).says(t, ` at (\S+)$`)
}

// client calls the example's program by its protocol.
func (w example) client(t *testing.T, addr string) *http.Client {
	t.Helper()
	if w.name == "cgi" || w.name == "http" {
		return &http.Client{Transport: new(http.Transport)}
	}
	return caller(t, w.name+"://"+addr)
}

// TestProtocols has each protocol's example do the two jobs.
func TestProtocols(t *testing.T) {
	for _, w := range examples {
		t.Run(w.name, func(t *testing.T) {
			t.Parallel()
			addr := w.start(t, "127.0.0.1:0")
			client := w.client(t, addr)
			defer client.CloseIdleConnections()
			w.does(t, client, "http://"+addr, "Postern")
		})
	}
}

// TestUpload has the client for people call two of the examples.
func TestUpload(t *testing.T) {
	t.Parallel()
	var urls []string
	for _, w := range examples[2:4] {
		urls = append(urls, w.name+"://"+w.start(t, "127.0.0.1:0"))
	}
	out, err := exec.CommandContext(t.Context(), program(t, "upload"), urls...).CombinedOutput()
	if n := strings.Count(string(out), ": the same picture, with "); n != len(urls) || err != nil {
		t.Errorf("%v, %s", err, out)
	}
}

// TestTrace: each example prints what goes over its wire.
func TestTrace(t *testing.T) {
	t.Parallel()
	for name, lines := range map[string][2]string{
		"fastcgi": {"> BEGIN_REQUEST 1 RESPONDER", "< END_REQUEST 1 REQUEST_COMPLETE 0"},
		"scgi":    {"> request .*QUERY_STRING=\"a=b\"", "< head 200 "},
		"uwsgi":   {"> 0 \\(WSGI\\) 0 .*QUERY_STRING=\"a=b\"", "< head 200 "},
		"http":    {"> request HTTP/1.1 GET \"/inspect\\?a=b\"", "< head 200 "},
	} {
		p := start(t, nil, program(t, name), "-listen", "127.0.0.1:0", "-trace")
		addr := p.says(t, ` at (\S+)$`)
		if status, _ := get(t, caller(t, name+"://"+addr), "http://localhost/inspect?a=b"); status != 200 {
			t.Errorf("%s: %d", name, status)
		}
		for _, line := range lines {
			p.says(t, line)
		}
	}
}

// does has the image server at base do the two jobs. software is what SERVER_SOFTWARE begins with,
// where it is told.
func (w example) does(t *testing.T, client *http.Client, base, software string) {
	t.Helper()
	vars := upload(t, client, base+w.prefix+"/resize?name=value")
	if got := vars["QUERY_STRING"]; got != "name=value" {
		t.Errorf("QUERY_STRING is drawn as %q", got)
	}
	if got, ok := vars["SERVER_SOFTWARE"]; ok && !strings.HasPrefix(got, software) {
		t.Errorf("SERVER_SOFTWARE is drawn as %q, want %s", got, software)
	}
	res, err := client.Post(base+w.prefix+"/inspect?a=%20b", "text/plain", strings.NewReader("hello"))
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"REQUEST_METHOD=POST\n", "QUERY_STRING=a=%20b\n", "CONTENT_LENGTH=5\n", "CONTENT_TYPE=text/plain\n",
		"body at 0, 5 bytes: hello\nbody ends at 5\n"} {
		if !strings.Contains(string(b), want) {
			t.Errorf("inspect does not show %q:\n%s", want, b)
		}
	}
}
