package route_test

import (
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/postern-gateway/postern/gateway/route"
	"github.com/postern-gateway/postern/protocol"
)

// Each row is rules, and what they make of a request; the handler behind them says what it got.
func TestActions(t *testing.T) {
	for _, row := range []struct {
		name, rules string
		status      int
		body        string
	}{
		{"no rule", "", 200, "next PATH_INFO=/a/b QUERY_STRING=q=1 REQUEST_URI=/a/b?q=1 X="},
		{"next", "route-run = next:\nroute-run = send:x", 200, "x"},
		{"last", "route-run = last:\nroute-run = send:x", 200, "next PATH_INFO=/a/b QUERY_STRING=q=1 REQUEST_URI=/a/b?q=1 X="},
		{"continue", "route = ^/a continue:\nroute-run = send:x", 200, "next PATH_INFO=/a/b QUERY_STRING=q=1 REQUEST_URI=/a/b?q=1 X="},
		{"break with a status", "route = ^/a break:403 Forbidden", 403, ""},
		{"break with a number", "route = ^/a break:500", 500, ""},
		{"break with a variable", "route = ^/a break:403 Forbidden for ip ${REMOTE_ADDR}", 403, ""},
		{"break with a status of a group", "route-qs = q=(.) break:40$1", 401, ""},
		{"break after an answer has begun", "route-run = send:x\nroute-run = break:403 Forbidden\nroute-run = send:y", 200, "x"},
		{"break without a status, after status", "route-run = status:404\nroute-run = break:", 404, ""},
		{"return", "route-run = return:404", 404, "Not Found"},
		{"return without a body", "route-run = return:204", 204, ""},
		{"break-with-status", "route-run = break-with-status:403", 403, "Forbidden"},
		{"goto a label of two words", "route-run = goto:over there\nroute-run = send:x\nroute-label = over there\nroute-run = send:y", 200, "y"},
		{"goto", "route-run = goto:there\nroute-run = send:x\nroute-label = there\nroute-run = send:y", 200, "y"},
		{"goto a label of the request", "route-host = (.*) goto:$1\nroute-run = send:x\nroute-label = postern.test\nroute-run = send:y", 200, "y"},
		{"goto a number", "route-run = goto:2\nroute-run = send:x\nroute-run = send:y", 200, "y"},
		{"goto the end", "route-run = goto:end\nroute-run = send:x\nroute-label = end", 200, "next PATH_INFO=/a/b QUERY_STRING=q=1 REQUEST_URI=/a/b?q=1 X="},
		{"log", "route-run = log:hello $x\nroute-run = logvar:a=b", 200, "next PATH_INFO=/a/b QUERY_STRING=q=1 REQUEST_URI=/a/b?q=1 X="},
		{"clearheaders", "route-run = clearheaders:201 Created\nroute-run = send:x", 201, "x"},
		{"clearheaders with a variable", "route-qs = q=(.) clearheaders:40$1\nroute-run = break:", 401, ""},
		{"fixpathinfo", "route-run = setscriptname:/a\nroute-run = fixpathinfo:", 200, "next PATH_INFO=/b QUERY_STRING=q=1 REQUEST_URI=/a/b?q=1 X="},
		{"fixpathinfo of another path", "route-run = setscriptname:/a/\nroute-run = setpathinfo:/ab\nroute-run = fixpathinfo:", 200, "next PATH_INFO=/ab QUERY_STRING=q=1 REQUEST_URI=/a/b?q=1 X="},
		{"fixpathinfo without a name", "route-run = fixpathinfo:", 200, "next PATH_INFO=/a/b QUERY_STRING=q=1 REQUEST_URI=/a/b?q=1 X="},
		{"status", "route-run = status:404 Not Found\nroute-run = send:x", 404, "x"},
		{"status of a call", "route-run = status:202\nroute-run = rpc:hello", 202, "Hello World"},
		{"the handler has its own", "route-run = status:404", 200, "next PATH_INFO=/a/b QUERY_STRING=q=1 REQUEST_URI=/a/b?q=1 X="},
		{"send", "route = ^/(.) send:a $1 ${REQUEST_METHOD}", 200, "a a GET"},
		{"send-crnl", "route-run = send-crnl:x\nroute-run = send:y", 200, "x\r\ny"},
		{"addvar", "route = ^/(.) addvar:X=prefix$1=suffix", 200, "next PATH_INFO=/a/b QUERY_STRING=q=1 REQUEST_URI=/a/b?q=1 X=prefixa=suffix"},
		{"addvar, for the rules behind it", "route-run = addvar:X=1\nroute-if = equal:${X};1 send:one", 200, "one"},
		{"setpathinfo", "route-run = setpathinfo:/c", 200, "next PATH_INFO=/c QUERY_STRING=q=1 REQUEST_URI=/a/b?q=1 X="},
		{"seturi", "route-run = seturi:/c?d", 200, "next PATH_INFO=/a/b QUERY_STRING=q=1 REQUEST_URI=/c?d X="},
		{"rewrite", "route = ^/a/(.*) rewrite:/index.php", 200, "next PATH_INFO=/index.php QUERY_STRING=q=1 REQUEST_URI=/index.php?q=1 X="},
		{"rewrite with a query", "route-uri = ^/a/(.*)\\? rewrite:/index.php?page=$1.php", 200, "next PATH_INFO=/index.php QUERY_STRING=page=b.php&q=1 REQUEST_URI=/index.php?page=b.php&q=1 X="},
		{"rewrite with an empty query", "route-run = rewrite:/c?", 200, "next PATH_INFO=/c QUERY_STRING=q=1 REQUEST_URI=/c?q=1 X="},
		{"rewrite is seen by the rules behind it", "route-run = rewrite:/c\nroute = ^/c send:c", 200, "c"},
		{"rewrite with an encoded path", "route-run = rewrite:/c%20d", 200, "next PATH_INFO=/c d QUERY_STRING=q=1 REQUEST_URI=/c%20d?q=1 X="},
		{"rewrite-last", "route-run = rewrite-last:/c\nroute-run = send:x", 200, "next PATH_INFO=/c QUERY_STRING=q=1 REQUEST_URI=/c?q=1 X="},
		{"rpc", "route-run = rpc:echo a  ${REQUEST_METHOD} b${QUERY_STRING}", 200, "a|GET|bq=1"},
		{"call", "route-run = call:hello", 200, "Hello World"},
		{"rpc after rpcnext", "route-run = rpcnext:hello\nroute-run = rpc:hello", 200, "Hello WorldHello World"},
		{"rpcvar", "route-run = rpcvar:X echo 1 2", 200, "next PATH_INFO=/a/b QUERY_STRING=q=1 REQUEST_URI=/a/b?q=1 X=1|2"},
	} {
		table := tableOf(t, env, row.rules, next("PATH_INFO", "QUERY_STRING", "REQUEST_URI", "X"))
		if a := get(t, table, "/a/b?q=1"); a.status != row.status || a.body != row.body || a.err != nil {
			t.Errorf("%s: %d %q, %v; want %d %q", row.name, a.status, a.body, a.err, row.status, row.body)
		}
	}
}

// What a request says cannot become another part of a URL than it was.
func TestURLsOfRules(t *testing.T) {
	for _, row := range []struct{ name, rule, uri, path, want string }{
		{"a redirect of the whole target", "route = ^ redirect:https://${HTTP_HOST}${REQUEST_URI}", "/a%20b?c=d%26e", "/a b", "https://postern.test/a%20b?c=d%26e"},
		{"a decoded path", "route = (?s)^(.*) redirect:http://uwsgi.it$1", "/", "/a b?c#d\r\nX: y", "http://uwsgi.it/a%20b%3Fc%23d%0D%0AX:%20y"},
		{"a path like a host", "route = ^/(.*) redirect:/$1", "//a.test/x", "//a.test/x", "/a.test/x"},
		{"that of a target", "route-run = redirect:${REQUEST_URI}", "//a.test/x?y", "//a.test/x", "/a.test/x?y"},
		{"one with a backslash", "route-uri = ^(.*) redirect:$1", "/\\a.test", "/\\a.test", "/a.test"},
		{"a host of the rule", "route = ^/(.*) redirect://b.test/$1", "/x", "/x", "//b.test/x"},
		{"a decoded path in a query", "route = ^/(.*) redirect:/login?to=$1", "/", "/a&b=c", "/login?to=a%26b%3Dc"},
		{"an encoded one", "route-uri = ^/(.*) redirect:/login/$1", "/a%2fb", "/a/b", "/login/a%2fb"},
		{"nothing put in", "route-run = redirect:/a%20b?c", "/", "/", "/a%20b?c"},
	} {
		a := get(t, tableOf(t, env, row.rule, nil), row.uri, "PATH_INFO", row.path)
		if got := a.header.Get("Location"); got != row.want || a.status != 302 || a.body != "Moved" || a.err != nil {
			t.Errorf("%s: %d %q, %v; want %q", row.name, a.status, got, a.err, row.want)
		}
	}
	for _, row := range []struct{ name, rule, uri, path, want string }{
		{"a question mark in a path", "route = ^/x/(.*) rewrite:/y/$1", "/", "/x/a?b=c", "next PATH_INFO=/y/a?b=c QUERY_STRING= REQUEST_URI=/y/a%3Fb=c"},
		{"an ampersand in a path", "route = ^/x/(.*) rewrite:/y?p=$1", "/", "/x/a&b=c", "next PATH_INFO=/y QUERY_STRING=p=a%26b%3Dc REQUEST_URI=/y?p=a%26b%3Dc"},
		{"a per cent sign in a path", "route = ^/x/(.*) rewrite:/y/$1", "/", "/x/%2e%2e", "next PATH_INFO=/y/%2e%2e QUERY_STRING= REQUEST_URI=/y/%252e%252e"},
		{"an encoded path", "route-uri = ^/x/(.*) rewrite:/y/$1", "/x/a%20b", "/", "next PATH_INFO=/y/a b QUERY_STRING= REQUEST_URI=/y/a%20b"},
		{"the query, put in", "route-run = rewrite:/y?a&${QUERY_STRING}", "/x?b=%26", "/x", "next PATH_INFO=/y QUERY_STRING=a&b=%26&b=%26 REQUEST_URI=/y?a&b=%26&b=%26"},
		{"a path without its slash", "route = ^/(.*) rewrite:$1", "/x", "/x", "next PATH_INFO=/x QUERY_STRING= REQUEST_URI=/x"},
	} {
		a := get(t, tableOf(t, env, row.rule, next("PATH_INFO", "QUERY_STRING", "REQUEST_URI")), row.uri, "PATH_INFO", row.path)
		if a.body != row.want || a.err != nil {
			t.Errorf("%s: %q, %v; want %q", row.name, a.body, a.err, row.want)
		}
	}
	a := get(t, tableOf(t, env, "route-uri = ^/(.*) rewrite:/$1", next()), "/%zz", "PATH_INFO", "/x")
	if protocol.Status(a.err) != http.StatusBadRequest {
		t.Errorf("a target that cannot be decoded: %+v", a)
	}
	table := tableOf(t, env, "route-run = rewrite:/y", next("SCRIPT_NAME", "PATH_INFO", "REQUEST_URI"))
	a = serve(table, &protocol.Request{Params: protocol.Pairs("REQUEST_METHOD", "GET", "SCRIPT_NAME", "/whole/path")})
	if want := "next SCRIPT_NAME= PATH_INFO=/y REQUEST_URI=/y"; a.body != want {
		t.Errorf("a path in SCRIPT_NAME alone: %q, want %q", a.body, want)
	}
}

// Fields are added to whoever's answer.
func TestHeaders(t *testing.T) {
	handler := protocol.HandlerFunc(func(w protocol.ResponseWriter, r *protocol.Request) error {
		w.Header().Set("Server", "the handler")
		w.Header().Set("Content-Type", "text/plain")
		w.WriteHeader(201)
		return nil
	})
	silent := protocol.HandlerFunc(func(w protocol.ResponseWriter, r *protocol.Request) error {
		w.Header().Set("Server", "the handler")
		return nil
	})
	for _, row := range []struct {
		name, rules string
		handler     protocol.Handler
		want        http.Header
	}{
		{"to a handler's", "route-run = addheader:Server: my ${REMOTE_ADDR}", handler, http.Header{"Server": {"the handler", "my 192.0.2.7"}, "Content-Type": {"text/plain"}}},
		{"in its place", "route-run = setheader:server: mine", handler, http.Header{"Server": {"mine"}, "Content-Type": {"text/plain"}}},
		{"away", "route-run = delheader:Server\nroute-run = remheader:Content-Type", handler, http.Header{"Content-Type": nil}},
		{"in their order", "route-run = addheader:X: 1\nroute-run = delheader:X\nroute-run = addheader:X: 2", handler, http.Header{"Server": {"the handler"}, "Content-Type": {"text/plain"}, "X": {"2"}}},
		{"a Content-Type is one", "route-run = addheader:Content-Type: text/html", handler, http.Header{"Server": {"the handler"}, "Content-Type": {"text/html"}}},
		{"of a handler that writes nothing", "route-run = setheader:Server: mine", silent, http.Header{"Server": {"mine"}}},
		{"of a rule", "route-run = addheader:Content-Type: text/html\nroute-run = rpc:hello", nil, http.Header{"Content-Type": {"text/html"}, "Content-Length": {"11"}}},
		{"of a break", "route-run = addheader:X: y\nroute-run = break:403 Forbidden", nil, http.Header{"Content-Type": {"text/plain"}, "X": {"y"}}},
		{"none of a rule's own", "route-run = rpc:hello", nil, http.Header{"Content-Type": nil, "Content-Length": {"11"}}},
		{"none of a part of an answer", "route-run = rpcnext:hello\nroute-run = rpc:hello", nil, http.Header{"Content-Type": nil}},
		{"without a value", "route-run = addheader:X:", handler, http.Header{"Server": {"the handler"}, "Content-Type": {"text/plain"}, "X": {""}}},
	} {
		a := get(t, tableOf(t, env, row.rules, row.handler), "/")
		if diff := cmp.Diff(row.want, a.header); diff != "" || a.err != nil {
			t.Errorf("%s: %v %s", row.name, a.err, diff)
		}
	}
}

// An answer that has begun has its head: what would make another one adds nothing to it, as in
// uWSGI.
func TestAnswerThatHasBegun(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "a"), []byte("file"), 0o600); err != nil {
		t.Fatal(err)
	}
	env := *env
	env.Local = functions{"hello": says("Hello World"), "page": says("HTTP/1.1 404 Not Found\r\nLocation: /x\r\n\r\nno")}
	for _, action := range []string{"redirect:/x", "redirect-301:/x", "return:404", "break-with-status:404", "break:403 Forbidden",
		"basicauth:R,a:b", "rpcraw:page", "static:" + filepath.ToSlash(dir) + "/a", "static:" + filepath.ToSlash(dir) + "/nobody"} {
		a := get(t, tableOf(t, &env, "route-run = rpcnext:hello\nroute-run = "+action+"\nroute-run = send:x", next()), "/")
		if a.status != 200 || a.body != "Hello World" || a.err != nil || a.header.Get("Location")+a.header.Get("Last-Modified") != "" {
			t.Errorf("%s: %d %q, %v, %v", action, a.status, a.body, a.header, a.err)
		}
	}
	list, err := env.Parse("rules", "route-run = rpcnext:hello")
	if err != nil {
		t.Fatal(err)
	}
	table, err := route.New(nil, append(list, route.Rule{Do: route.Handle(next())})...)
	if err != nil {
		t.Fatal(err)
	}
	if a := get(t, table, "/"); a.body != "Hello World" || a.err != nil {
		t.Errorf("a handler: %q, %v", a.body, a.err)
	}
}

// A file can be the page of another status than 200, and is whole then.
func TestStaticWithStatus(t *testing.T) {
	dir := filepath.ToSlash(t.TempDir())
	if err := os.WriteFile(dir+"/404.html", []byte("<p>not here"), 0o600); err != nil {
		t.Fatal(err)
	}
	table := tableOf(t, env, "route-run = status:404 Not Found\nroute-run = static:"+dir+"/404.html", next())
	for name, value := range map[string]string{"": "", "HTTP_RANGE": "bytes=1-2", "HTTP_IF_MODIFIED_SINCE": "Fri, 01 Jan 2100 00:00:00 GMT"} {
		a := get(t, table, "/", "SERVER_PROTOCOL", "HTTP/1.1", name, value)
		if a.status != 404 || a.body != "<p>not here" || a.err != nil || a.header.Get("Content-Type") != "text/html; charset=utf-8" {
			t.Errorf("%s: %d %q, %v, %v", name, a.status, a.body, a.header, a.err)
		}
	}
}

func TestStatic(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{"www/logo.html": "<p>logo", "www/sub/a b.txt": "spaced", "secret": "secret"} {
		if err := os.MkdirAll(filepath.Dir(filepath.Join(dir, name)), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Symlink("../secret", filepath.Join(dir, "www/link")); err != nil {
		t.Fatal(err)
	}
	www := filepath.ToSlash(dir) + "/www/"
	for _, row := range []struct {
		name, rule, path string
		status           int // of the error, or of the answer
		body             string
	}{
		{"a file", "route-run = static:" + www + "logo.html", "/", 200, "<p>logo"},
		{"one of the path", "route = ^/s/(.*) static:" + www + "$1", "/s/sub/a b.txt", 200, "spaced"},
		{"one of the document root", "route = ^/s/(.*) static:${DOCUMENT_ROOT}/$1", "/s/logo.html", 200, "<p>logo"},
		{"none", "route = ^/s/(.*) static:" + www + "$1", "/s/nobody", 404, ""},
		{"a directory", "route = ^/s/(.*) static:" + www + "$1", "/s/sub", 404, ""},
		{"out of the directory", "route = ^/s/(.*) static:" + www + "$1", "/s/../secret", 404, ""},
		{"out of it by a link", "route = ^/s/(.*) static:" + www + "$1", "/s/link", 404, ""},
		{"an empty name", "route = ^/s/(.*) static:" + www + "$1", "/s/", 404, ""},
		{"a NUL", "route = ^/s/(.*) static:" + www + "$1", "/s/a\x00b", 404, ""},
	} {
		a := get(t, tableOf(t, env, row.rule, next()), "/", "PATH_INFO", row.path, "DOCUMENT_ROOT", strings.TrimSuffix(www, "/"))
		status := a.status
		if a.err != nil {
			status = protocol.Status(a.err)
		}
		if status != row.status || a.body != row.body {
			t.Errorf("%s: %d %q, %v; want %d %q", row.name, status, a.body, a.err, row.status, row.body)
		}
		if row.status == 200 && strings.HasSuffix(row.rule, ".html") && a.header.Get("Content-Type") != "text/html; charset=utf-8" {
			t.Errorf("%s: %v", row.name, a.header)
		}
	}
}
