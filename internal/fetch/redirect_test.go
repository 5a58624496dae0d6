package fetch

import (
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/postern-gateway/postern/protocol"
)

// redirects answers /to?STATUS-LOCATION with both, and everything else with what arrived.
var redirects = protocol.HandlerFunc(func(w protocol.ResponseWriter, r *protocol.Request) error {
	b, err := io.ReadAll(r.Body)
	if err != nil {
		return err
	}
	status, location, ok := strings.Cut(r.Params.Get("QUERY_STRING"), "-")
	if n, err := strconv.Atoi(status); ok && err == nil {
		w.Header().Set("Location", location)
		w.WriteHeader(n)
		return nil
	}
	_, err = io.WriteString(w, r.Method()+" "+r.RequestURI()+" "+r.Params.Get("CONTENT_TYPE")+" "+string(b))
	return err
})

// TestRedirects follows as curl does, within the backend.
func TestRedirects(t *testing.T) {
	urls := serving(t, redirects)
	data := texts(DataText, "a=1")
	const form = "application/x-www-form-urlencoded"
	for _, row := range []struct {
		name, path string
		m          Message
		out        string
		errs       string // a part of it
	}{
		{"a path", "/to?302-/x", Message{}, "GET /x  ", ""},
		{"a relative path", "/a/to?301-x/y", Message{}, "GET /a/x/y  ", ""},
		{"an empty path of the host", "/to?302-http://example.org", Message{Fields: []string{"Host: example.org"}}, "GET /  ", ""},
		{"the same host", "/to?307-http://EXAMPLE.org:80/x?y=z", Message{Fields: []string{"Host: example.org"}}, "GET /x?y=z  ", ""},
		{"another host", "/to?302-http://example.com/x", Message{}, "", "leads to another host than "},
		{"twice", "/to?302-/to?302-/x", Message{}, "GET /x  ", ""},
		{"302 of a POST", "/to?302-/x", Message{Data: data}, "GET /x  ", ""},
		{"303 of a POST", "/to?303-/x", Message{Data: data}, "GET /x  ", ""},
		{"300 of a POST", "/to?300-/x", Message{Data: data}, "POST /x " + form + " a=1", ""},
		{"307 of a POST", "/to?307-/x", Message{Data: data}, "POST /x " + form + " a=1", ""},
		{"308 of a POST", "/to?308-/x", Message{Data: data}, "POST /x " + form + " a=1", ""},
		{"302 of a method that was said", "/to?302-/x", Message{Method: "POST", Data: data}, "POST /x  ", ""},
		{"a bad Location", "/to?302-http://[/", Message{}, "", "leads nowhere"},
	} {
		for _, wire := range wires {
			out, errs, code, err := run(t, t.Context(), Config{URL: urls[wire] + row.path, Message: row.m, Follow: true})
			if out != row.out || code != 0 || !strings.Contains(errs, row.errs) || row.errs == "" && errs != "" {
				t.Errorf("%s, %s: %q, want %q; %q, %v", row.name, wire, out, row.out, errs, err)
			}
		}
	}
}

// TestRedirectShown: without -L it is the answer; with -i each head on the way is printed.
func TestRedirectShown(t *testing.T) {
	urls := serving(t, redirects)
	cfg := Config{URL: urls["fastcgi"] + "/to?302-/x", Show: Show{WriteOut: "%{http_code} %{redirect_url} %{num_redirects}"}}
	if out, _, _, _ := run(t, t.Context(), cfg); out != "302 http"+strings.TrimPrefix(urls["fastcgi"], "fastcgi")+"/x 0" {
		t.Error(out)
	}
	cfg.Follow, cfg.Show.Include = true, true
	out, _, _, _ := run(t, t.Context(), cfg)
	if strings.Count(out, "HTTP/1.1 ") != 2 || !strings.HasSuffix(out, "200  1") {
		t.Error(out)
	}
	// -I is -i without bodies, and a file has all of it.
	file := filepath.Join(t.TempDir(), "f")
	cfg.Show = Show{Output: file}
	cfg.Message.Head = true
	out, _, _, _ = run(t, t.Context(), cfg)
	b, err := os.ReadFile(file)
	if err != nil || out != "" || strings.Count(string(b), "HTTP/1.1 ") != 2 || !strings.HasPrefix(string(b), "HTTP/1.1 302 Found\r\n") {
		t.Errorf("%q, %q, %v", out, b, err)
	}
}

// TestRedirectOfScript: one script gets every path, and each that names it is cut.
func TestRedirectOfScript(t *testing.T) {
	urls := serving(t, protocol.HandlerFunc(func(w protocol.ResponseWriter, r *protocol.Request) error {
		if r.RequestURI() == "/old" {
			w.Header().Set("Location", "/x.php/new")
			w.WriteHeader(http.StatusFound)
			return nil
		}
		_, err := io.WriteString(w, r.Params.Get("SCRIPT_FILENAME")+" "+r.Params.Get("SCRIPT_NAME")+" "+r.Params.Get("PATH_INFO"))
		return err
	}))
	out, _, _, err := run(t, t.Context(), Config{URL: urls["fastcgi"] + "/old", Follow: true, Message: Message{Script: "/srv/x.php"}})
	if out != "/srv/x.php /x.php /new" {
		t.Errorf("%q, %v", out, err)
	}
}
