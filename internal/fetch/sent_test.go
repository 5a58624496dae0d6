package fetch

import (
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/postern-gateway/postern/protocol"
)

// texts are data of one kind.
func texts(kind DataKind, list ...string) (data []Datum) {
	for _, text := range list {
		data = append(data, Datum{kind, text})
	}
	return data
}

// TestSent has each way to say what is sent, over each wire.
func TestSent(t *testing.T) {
	urls, last := recording(t)
	file := filepath.Join(t.TempDir(), "f.txt")
	if err := os.WriteFile(file, []byte("line 1\r\nline 2\n\x00"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, row := range []struct {
		name  string
		path  string
		m     Message
		stdin string
		vars  string // NAME=value, parted by spaces; NAME! is not there
		body  string
	}{
		{"GET", "/a/b?c=d", Message{}, "", "REQUEST_METHOD=GET REQUEST_URI=/a/b?c=d QUERY_STRING=c=d PATH_INFO=/a/b SERVER_PROTOCOL=HTTP/1.1 HTTP_USER_AGENT=postern HTTP_ACCEPT=*/* CONTENT_TYPE!", ""},
		{"no path", "", Message{}, "", "REQUEST_URI=/ PATH_INFO=/", ""},
		{"a query alone", "?a=b", Message{}, "", "REQUEST_URI=/?a=b QUERY_STRING=a=b", ""},
		{"escapes", "/a%20b%2Fc", Message{}, "", "REQUEST_URI=/a%20b%2Fc", ""},
		{"HEAD", "/", Message{Head: true}, "", "REQUEST_METHOD=HEAD", ""},
		{"a method", "/", Message{Method: "PROPFIND"}, "", "REQUEST_METHOD=PROPFIND", ""},
		{"data", "/", Message{Data: texts(DataText, "a=1", "b=2")}, "", "REQUEST_METHOD=POST CONTENT_TYPE=application/x-www-form-urlencoded CONTENT_LENGTH=7", "a=1&b=2"},
		{"data with a method", "/", Message{Method: "PUT", Data: texts(DataText, "a")}, "", "REQUEST_METHOD=PUT CONTENT_LENGTH=1", "a"},
		{"data of a file", "/", Message{Data: texts(DataText, "@"+file)}, "", "CONTENT_LENGTH=12", "line 1line 2"},
		{"data of standard input", "/", Message{Data: texts(DataText, "x=", "@-")}, "a\nb\n", "CONTENT_LENGTH=5", "x=&ab"},
		{"binary data", "/", Message{Data: texts(DataBinary, "@"+file)}, "", "CONTENT_LENGTH=16", "line 1\r\nline 2\n\x00"},
		{"raw data", "/", Message{Data: texts(DataRaw, "@home")}, "", "CONTENT_LENGTH=5", "@home"},
		{"encoded data", "/", Message{Data: texts(DataURLEncode, "a b", "=c&d", "n=é/~", "@"+file, "f@"+file)}, "", "", "a+b&c%26d&n=%C3%A9%2F~&line+1%0D%0Aline+2%0A%00&f=line+1%0D%0Aline+2%0A%00"},
		{"data as a query", "/x?a=1", Message{Query: true, Data: texts(DataText, "b=2", "c=3")}, "", "REQUEST_METHOD=GET REQUEST_URI=/x?a=1&b=2&c=3 CONTENT_TYPE!", ""},
		{"data as a query of HEAD", "/x", Message{Query: true, Head: true, Data: texts(DataText, "b")}, "", "REQUEST_METHOD=HEAD REQUEST_URI=/x?b", ""},
		{"JSON", "/", Message{Data: texts(DataJSON, `{"a":`, `1}`)}, "", "REQUEST_METHOD=POST CONTENT_TYPE=application/json HTTP_ACCEPT=application/json", `{"a":1}`},
		{"JSON of a file", "/", Message{Data: texts(DataJSON, "@"+file)}, "", "CONTENT_TYPE=application/json", "line 1\r\nline 2\n\x00"},
		{"an upload", "/a/", Message{Upload: file}, "", "REQUEST_METHOD=PUT REQUEST_URI=/a/f.txt CONTENT_LENGTH=16 CONTENT_TYPE!", "line 1\r\nline 2\n\x00"},
		{"an upload of its own name", "/a", Message{Upload: file}, "", "REQUEST_METHOD=PUT REQUEST_URI=/a CONTENT_LENGTH=16", "line 1\r\nline 2\n\x00"},
		{"an upload of standard input", "/", Message{Upload: "-"}, "of in", "REQUEST_METHOD=PUT", "of in"},
		{"fields", "/", Message{Fields: []string{"X-A: 1", "x-a: 2", "Accept:", "X-Empty;", "User-Agent: me"}}, "", "HTTP_X_A=1,_2 HTTP_ACCEPT! HTTP_X_EMPTY= HTTP_USER_AGENT=me", ""},
		{"a field of its own type", "/", Message{Data: texts(DataText, "x"), Fields: []string{"Content-Type: text/plain"}}, "", "CONTENT_TYPE=text/plain", "x"},
		{"a host", "/", Message{Fields: []string{"Host: example.org"}}, "", "HTTP_HOST=example.org", ""},
		{"who asks", "/", Message{UserAgent: "me/1", Referer: "http://a/", User: "ada:x y", Cookies: []string{"a=1; b=2", "c=3"}}, "",
			"HTTP_USER_AGENT=me/1 HTTP_REFERER=http://a/ HTTP_AUTHORIZATION=Basic_YWRhOnggeQ== HTTP_COOKIE=a=1;_b=2;c=3", ""},
		{"a body of DELETE", "/", Message{Method: "DELETE", Data: texts(DataText, "x")}, "", "REQUEST_METHOD=DELETE CONTENT_LENGTH=1", "x"},
	} {
		for _, wire := range wires {
			t.Run(row.name+"/"+wire, func(t *testing.T) {
				out, errs, code, err := run(t, t.Context(), Config{URL: urls[wire] + row.path, Message: row.m, Stdin: strings.NewReader(row.stdin)})
				if code != 0 || errs != "" || row.m.Head == (out == "ok") {
					t.Fatalf("%q, %q, %v", out, errs, err)
				}
				got := last()
				if got.body != row.body {
					t.Errorf("the body is %q, want %q", got.body, row.body)
				}
				checkVars(t, got.params, row.vars)
			})
		}
	}
}

// checkVars compares variables with NAME=value, parted by spaces, in which _ stands for a space.
func checkVars(t *testing.T, p protocol.Params, want string) {
	t.Helper()
	for item := range strings.FieldsSeq(want) {
		name, value, ok := strings.Cut(item, "=")
		name, absent := strings.CutSuffix(name, "!")
		got, there := p.Lookup(name)
		if got = strings.ReplaceAll(got, " ", "_"); absent && there || !absent && (!ok || got != value || !there) {
			t.Errorf("%s is %q, want %q", name, got, value)
		}
	}
}

// TestVariables has what HTTP has not.
func TestVariables(t *testing.T) {
	urls, last := recording(t)
	for _, row := range []struct {
		path string
		m    Message
		vars string
	}{
		{"/status", Message{Script: "/status"}, "SCRIPT_FILENAME=/status SCRIPT_NAME=/status PATH_INFO= DOCUMENT_URI=/status REQUEST_URI=/status"},
		{"", Message{Script: "/ping"}, "SCRIPT_FILENAME=/ping SCRIPT_NAME=/ping REQUEST_URI=/ping"},
		{"/app/x.php/rest?q", Message{Script: "/srv/www/app/x.php"}, "SCRIPT_FILENAME=/srv/www/app/x.php SCRIPT_NAME=/app/x.php PATH_INFO=/rest DOCUMENT_ROOT=/srv/www DOCUMENT_URI=/app/x.php/rest QUERY_STRING=q"},
		{"/wiki/page", Message{Script: "/srv/www/index.php"}, "SCRIPT_NAME=/index.php PATH_INFO= DOCUMENT_ROOT=/srv/www REQUEST_URI=/wiki/page"},
		{"/x.phpx", Message{Script: "/srv/x.php"}, "SCRIPT_NAME=/x.php PATH_INFO="},
		{"/x", Message{Params: []string{"A=b=c", "HTTPS=on", "SERVER_NAME=example.org", "REMOTE_PORT", "HTTP_ACCEPT", "EMPTY="}},
			"A=b=c HTTPS=on SERVER_NAME=example.org HTTP_ACCEPT! EMPTY="},
		{"/x", Message{Script: "/a", Params: []string{"SCRIPT_NAME=/b"}}, "SCRIPT_NAME=/b SCRIPT_FILENAME=/a"},
	} {
		for _, wire := range []string{"fastcgi", "scgi", "uwsgi"} {
			if _, errs, code, err := run(t, t.Context(), Config{URL: urls[wire] + row.path, Message: row.m}); code != 0 || errs != "" {
				t.Fatalf("%s: %q, %v", wire, errs, err)
			}
			checkVars(t, last().params, row.vars)
		}
	}
}

// TestRoles asks an authorizer and a filter.
func TestRoles(t *testing.T) {
	urls, last := recording(t)
	file := filepath.Join(t.TempDir(), "f")
	if err := os.WriteFile(file, []byte("to be filtered"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, m := range []Message{{Role: protocol.Authorizer}, {Role: protocol.Filter, Stream: file, Data: texts(DataText, "a")}} {
		if out, _, code, err := run(t, t.Context(), Config{URL: urls["fastcgi"], Message: m}); code != 0 || out != "ok" {
			t.Fatal(err)
		}
		got := last()
		if got.role != m.Role {
			t.Errorf("%v, want %v", got.role, m.Role)
		}
		if m.Role == protocol.Filter && (got.data != "to be filtered" || got.body != "a" || got.params.Get("FCGI_DATA_LENGTH") != "14" || got.params.Get("FCGI_DATA_LAST_MOD") == "") {
			t.Errorf("%+v", got)
		}
	}
}

// TestForm has the body of -F.
func TestForm(t *testing.T) {
	urls, last := recording(t)
	file := filepath.Join(t.TempDir(), "a \"b\".txt")
	if err := os.WriteFile(file, []byte("content\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	fields := []FormField{{Text: "a=1;type=text/x"}, {Text: "f=@" + file}, {Text: "g=@" + file + ";type=image/png;filename=x.png"},
		{Text: "h=<" + file}, {Text: "r=@<;type=x", Raw: true}, {Text: "u=a;b"},
		{Text: `q="x;type=y"; type=text/q`}, {Text: `e="a\"b\\";headers="X-A: 1";headers=X-B: 2`}, {Text: `d="open;type=text/d`},
		{Text: `k=@"` + strings.ReplaceAll(file, `"`, `\"`) + `";filename="x;\"y\".gif";type="a/b;c=d"`}, {Text: "t=@" + file + ";filename=noext"}, {Text: "j=1;type="}}
	const want = "--B\r\nContent-Disposition: form-data; name=\"a\"\r\nContent-Type: text/x\r\n\r\n1\r\n" +
		"--B\r\nContent-Disposition: form-data; name=\"f\"; filename=\"a %22b%22.txt\"\r\nContent-Type: text/plain\r\n\r\ncontent\n\r\n" +
		"--B\r\nContent-Disposition: form-data; name=\"g\"; filename=\"x.png\"\r\nContent-Type: image/png\r\n\r\ncontent\n\r\n" +
		"--B\r\nContent-Disposition: form-data; name=\"h\"\r\n\r\ncontent\n\r\n" +
		"--B\r\nContent-Disposition: form-data; name=\"r\"\r\n\r\n@<;type=x\r\n" +
		"--B\r\nContent-Disposition: form-data; name=\"u\"\r\n\r\na;b\r\n" +
		"--B\r\nContent-Disposition: form-data; name=\"q\"\r\nContent-Type: text/q\r\n\r\nx;type=y\r\n" +
		"--B\r\nContent-Disposition: form-data; name=\"e\"\r\nX-A: 1\r\nX-B: 2\r\n\r\na\"b\\\r\n" +
		"--B\r\nContent-Disposition: form-data; name=\"d\"\r\nContent-Type: text/d\r\n\r\n\"open\r\n" +
		"--B\r\nContent-Disposition: form-data; name=\"k\"; filename=\"x;%22y%22.gif\"\r\nContent-Type: a/b;c=d\r\n\r\ncontent\n\r\n" +
		"--B\r\nContent-Disposition: form-data; name=\"t\"; filename=\"noext\"\r\nContent-Type: text/plain\r\n\r\ncontent\n\r\n" +
		"--B\r\nContent-Disposition: form-data; name=\"j\"\r\n\r\n1\r\n--B--\r\n"
	for _, wire := range wires {
		if _, _, code, err := run(t, t.Context(), Config{URL: urls[wire], Message: Message{Form: fields}}); code != 0 {
			t.Fatal(err)
		}
		got := last()
		m := regexp.MustCompile(`^multipart/form-data; boundary=(-+[0-9a-f]+)$`).FindStringSubmatch(got.params.Get("CONTENT_TYPE"))
		if m == nil {
			t.Fatalf("%s: %q", wire, got.params.Get("CONTENT_TYPE"))
		}
		if body := strings.ReplaceAll(got.body, m[1], "B"); body != want {
			t.Errorf("%s:\n%q\nwant\n%q", wire, body, want)
		}
	}
}

// TestLeftOut: a field that no variable may tell is not dropped in silence.
func TestLeftOut(t *testing.T) {
	urls, last := recording(t)
	_, errs, code, _ := run(t, t.Context(), Config{URL: urls["scgi"], Message: Message{Fields: []string{"X_Under: 1", "Proxy: x", "X-Fine: 1"}}})
	if want := "postern: left out, as no variable may tell of them: Proxy, X_under\n"; code != 0 || errs != want {
		t.Errorf("%q, want %q", errs, want)
	}
	checkVars(t, last().params, "HTTP_X_FINE=1 HTTP_PROXY! HTTP_X_UNDER!")
}

// TestLongBodies go through both ways in pieces, of standard input too.
func TestLongBodies(t *testing.T) {
	urls := serving(t, protocol.HandlerFunc(func(w protocol.ResponseWriter, r *protocol.Request) error {
		_, err := io.Copy(w, r.Body)
		return err
	}))
	file := filepath.Join(t.TempDir(), "f")
	long := strings.Repeat("0123456789abcdef\n", 200<<10/17)
	if err := os.WriteFile(file, []byte(long), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, wire := range wires {
		for _, m := range []Message{{Data: texts(DataBinary, "@"+file)}, {Data: texts(DataBinary, "@-")}, {Upload: file}, {Upload: "-"}} {
			out, _, code, err := run(t, t.Context(), Config{URL: urls[wire], Message: m, Stdin: strings.NewReader(long)})
			if code != 0 || out != long {
				t.Errorf("%s, %+v: %d bytes, %v", wire, m, len(out), err)
			}
		}
	}
}

// TestHostLeftOut: a backend gets no Host that was not to be sent.
func TestHostLeftOut(t *testing.T) {
	urls, last := recording(t)
	for _, wire := range []string{"fastcgi", "scgi", "uwsgi"} {
		if _, errs, code, err := run(t, t.Context(), Config{URL: urls[wire], Message: Message{Fields: []string{"host:"}}}); code != 0 || errs != "" {
			t.Fatalf("%s: %q, %v", wire, errs, err)
		}
		checkVars(t, last().params, "HTTP_HOST! REQUEST_METHOD=GET")
	}
}

// TestInputIsSentOnce: what came by standard input is not taken for empty the second time.
func TestInputIsSentOnce(t *testing.T) {
	urls := serving(t, redirects)
	for _, set := range []func(c *Config){func(c *Config) { c.Follow = true }, func(c *Config) { c.Load.Requests = 2 }} {
		cfg := Config{URL: urls["http"] + "/to?307-/x", Message: Message{Upload: "-"}, Stdin: strings.NewReader("of in")}
		set(&cfg)
		if out, _, code, err := run(t, t.Context(), cfg); code != CodeRewind || !strings.Contains(err.Error(), "cannot be sent again") {
			t.Errorf("%q, %d, %v", out, code, err)
		}
		// Where its length has to be known it is taken in before.
		cfg.URL, cfg.Stdin = urls["scgi"]+"/to?307-/x", strings.NewReader("of in")
		if out, _, code, err := run(t, t.Context(), cfg); code != 0 || cfg.Follow && out != "PUT /x  of in" {
			t.Errorf("%q, %d, %v", out, code, err)
		}
	}
}
