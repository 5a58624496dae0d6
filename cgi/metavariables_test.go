package cgi

import (
	"net"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/postern-gateway/postern/protocol"
)

// base is what every script is told, given get("/x.cgi/info").
func base(change ...string) []string {
	env := []string{"REQUEST_METHOD=GET", "QUERY_STRING=", "REQUEST_URI=/x.cgi/info", "SERVER_PROTOCOL=HTTP/1.1", "SERVER_NAME=example.org",
		"SERVER_PORT=80", "REMOTE_ADDR=192.0.2.1", "GATEWAY_INTERFACE=CGI/1.1", "SCRIPT_NAME=/x.cgi", "SCRIPT_FILENAME=/srv/x.cgi",
		"PATH_INFO=/info", "SERVER_SOFTWARE=Postern", "REDIRECT_STATUS=200"}
	for _, pair := range change {
		name, value, ok := strings.Cut(pair, "=")
		i := slices.IndexFunc(env, func(e string) bool { return strings.HasPrefix(e, name+"=") })
		switch {
		case !ok:
			env = slices.Delete(env, i, i+1)
		case i >= 0:
			env[i] = name + "=" + value
		default:
			env = append(env, pair)
		}
	}
	return env
}

func TestEnvironment(t *testing.T) {
	type P = protocol.Params
	for _, row := range []struct {
		text   string
		client *Client
		add    P      // to the request's variables
		del    string // from them
		length int64  // of the body
		want   []string
	}{
		{text: "the least", want: base()},
		{text: "a body", length: 5, add: P{{Name: "CONTENT_LENGTH", Value: "5"}, {Name: "CONTENT_TYPE", Value: "text/plain"}},
			want: base("CONTENT_LENGTH=5", "CONTENT_TYPE=text/plain")},
		{text: "a body whose length was found out", length: 5, want: base("CONTENT_LENGTH=5")},
		{text: "a body that is declared as empty", add: P{{Name: "CONTENT_LENGTH", Value: "0"}}, want: base("CONTENT_LENGTH=0")},
		{text: "empty as nginx sends it", add: P{{Name: "CONTENT_LENGTH"}, {Name: "CONTENT_TYPE"}, {Name: "REMOTE_USER"}, {Name: "HTTPS"}, {Name: "AUTH_TYPE"}},
			want: base()},
		{text: "authenticated", add: P{{Name: "AUTH_TYPE", Value: "Basic"}, {Name: "REMOTE_USER", Value: "ann"}},
			want: base("AUTH_TYPE=Basic", "REMOTE_USER=ann")},
		{text: "REMOTE_IDENT is left out", add: P{{Name: "REMOTE_IDENT", Value: "ann"}}, want: base()},
		{text: "protocol-specific", add: P{{Name: "HTTP_USER_AGENT", Value: "curl"}, {Name: "SSL_CIPHER", Value: "x"}, {Name: "GIT_PROJECT_ROOT", Value: "/srv/git"}},
			want: base("HTTP_USER_AGENT=curl", "SSL_CIPHER=x", "GIT_PROJECT_ROOT=/srv/git")},
		{text: "repeated fields are joined", add: P{{Name: "HTTP_X", Value: "1"}, {Name: "HTTP_COOKIE", Value: "a=b"}, {Name: "HTTP_X", Value: "2"}, {Name: "HTTP_COOKIE", Value: "c=d"}},
			want: base("HTTP_X=1, 2", "HTTP_COOKIE=a=b; c=d")},
		{text: "of others the last counts", add: P{{Name: "A", Value: "1"}, {Name: "REMOTE_USER", Value: "mallory"}, {Name: "A", Value: "2"}, {Name: "REMOTE_USER", Value: "bob"},
			{Name: "HTTP_HOST", Value: "a"}, {Name: "HTTP_HOST", Value: "b"}, {Name: "AUTH_TYPE", Value: "Basic"}, {Name: "AUTH_TYPE"}}, want: base("A=2", "REMOTE_USER=bob", "HTTP_HOST=b")},
		{text: "httpoxy", add: P{{Name: "HTTP_PROXY", Value: "x"}, {Name: "http_proxy", Value: "x"}, {Name: "Http_Proxy", Value: "x"}}, want: base()},
		{text: "httpoxy from ourselves", client: &Client{PassEnv: []string{"HTTP_PROXY"}, Env: []string{"HTTP_PROXY=x"}}, want: base()},
		{text: "what the front has settled", add: P{{Name: "HTTP_CONTENT_LENGTH", Value: "9"}, {Name: "HTTP_CONTENT_TYPE", Value: "x"}, {Name: "HTTP_TRANSFER_ENCODING", Value: "chunked"},
			{Name: "HTTP_CONNECTION", Value: "close"}, {Name: "HTTP_KEEP_ALIVE", Value: "1"}, {Name: "HTTP_TE", Value: "trailers"}, {Name: "HTTP_UPGRADE", Value: "x"}}, want: base()},
		{text: "credentials", add: P{{Name: "HTTP_AUTHORIZATION", Value: "Basic x"}, {Name: "HTTP_PROXY_AUTHORIZATION", Value: "Basic x"}}, want: base()},
		{text: "credentials on demand", client: &Client{PassAuthorization: true}, add: P{{Name: "HTTP_AUTHORIZATION", Value: "Basic x"}},
			want: base("HTTP_AUTHORIZATION=Basic x")},
		{text: "shellshock", client: &Client{DropFunctions: true}, add: P{{Name: "HTTP_X", Value: "() { :; }; echo"}}, want: base()},
		{text: "shellshock as it comes", add: P{{Name: "HTTP_X", Value: "() { :; }; echo"}}, want: base("HTTP_X=() { :; }; echo")},
		{text: "PATH_TRANSLATED", add: P{{Name: "DOCUMENT_ROOT", Value: "/var/www"}}, want: base("DOCUMENT_ROOT=/var/www", "PATH_TRANSLATED=/var/www/info")},
		{text: "PATH_TRANSLATED under a root of ours", client: &Client{DocumentRoot: "/srv/www/"}, want: base("PATH_TRANSLATED=/srv/www/info")},
		{text: "the front's words on where the script is", add: P{{Name: "SCRIPT_FILENAME", Value: "/wrong"}, {Name: "PATH_TRANSLATED", Value: "/wrong"}, {Name: "PATH_INFO", Value: "/wrong"}, {Name: "GATEWAY_INTERFACE", Value: "CGI/9"}},
			want: base()},
		{text: "our own environment", client: &Client{PassEnv: []string{"CGI_TEST_A", "CGI_TEST_NONE", "SERVER_NAME"}}, want: base("CGI_TEST_A=from us")},
		{text: "our own environment before the request", client: &Client{PassEnv: []string{"CGI_TEST_A"}}, add: P{{Name: "CGI_TEST_A", Value: "from the front"}}, want: base("CGI_TEST_A=from us")},
		{text: "what tells of the request is the request's", client: &Client{PassEnv: []string{"REMOTE_USER"}}, add: P{{Name: "REMOTE_USER", Value: "bob"}},
			want: base("REMOTE_USER=bob")},
		{text: "Env before all", client: &Client{Env: []string{"SERVER_NAME=x", "A=1=2", "junk"}}, add: P{{Name: "A", Value: "0"}}, want: base("SERVER_NAME=x", "A=1=2")},
		{text: "the name has no port", del: "SERVER_NAME", add: P{{Name: "SERVER_NAME", Value: "example.org:8080"}}, want: base("SERVER_NAME=example.org")},
		{text: "name and port by the Host", del: "SERVER_NAME SERVER_PORT", add: P{{Name: "HTTP_HOST", Value: "[2001:db8::1]:8080"}},
			want: base("SERVER_NAME=[2001:db8::1]", "SERVER_PORT=8080", "HTTP_HOST=[2001:db8::1]:8080")},
		{text: "the port of https", del: "SERVER_PORT", add: P{{Name: "HTTPS", Value: "on"}}, want: base("SERVER_PORT=443", "HTTPS=on")},
		{text: "nothing known of the server", del: "SERVER_NAME SERVER_PORT SERVER_PROTOCOL QUERY_STRING", want: base("SERVER_NAME=localhost")},
		{text: "the client's address by the connection", del: "REMOTE_ADDR", want: base("REMOTE_ADDR=203.0.113.9")},
	} {
		t.Run(row.text, func(t *testing.T) {
			t.Setenv("CGI_TEST_A", "from us")
			t.Setenv("HTTP_PROXY", "from us")
			t.Setenv("SERVER_NAME", "from us")
			c := row.client
			if c == nil {
				c = new(Client)
			}
			if c.PassEnv == nil {
				c.PassEnv = []string{}
			}
			r := get("/x.cgi/info")
			for name := range strings.FieldsSeq(row.del) {
				r.Params.Del(name)
			}
			r.Params = append(r.Params, row.add...)
			r.Peer = &net.TCPAddr{IP: net.IPv4(203, 0, 113, 9), Port: 1}
			got, err := c.environment(r, &script{file: "/srv/x.cgi", name: "/x.cgi", info: "/info"}, row.length)
			if err != nil {
				t.Fatal(err)
			}
			slices.Sort(got)
			slices.Sort(row.want)
			if diff := cmp.Diff(row.want, got); diff != "" {
				t.Fatal(diff)
			}
		})
	}
}

// REMOTE_ADDR must have a value (RFC 3875 section 4.1.8), and a peer on a Unix socket has no
// address.
func TestRemoteAddrOfAUnixSocket(t *testing.T) {
	r := get("/")
	r.Params.Set("REMOTE_ADDR", "")
	r.Peer = &net.UnixAddr{Net: "unix", Name: "@"}
	got, err := new(Client).environment(r, &script{file: "/srv/x.cgi"}, 0)
	if !slices.Contains(got, "REMOTE_ADDR=127.0.0.1") || err != nil {
		t.Errorf("%q, %v", got, err)
	}
}

// A mount is the same however many slashes are at its end.
func TestMountWithSlashesAtItsEnd(t *testing.T) {
	for _, mount := range []string{"/x", "/x/", "/x//"} {
		b := newBench(t)
		b.sh(`printf 'X: 1\n\n%s|%s' "$SCRIPT_NAME" "$PATH_INFO"`)
		b.c.Mount = mount
		b.want(b.do(get("/x/y")), "/x|/y")
		b.want(b.do(get("/x")), "/x|")
		b.c.Path, b.c.Dir = "", &Dir{Root: b.dir, Prefix: mount}
		b.want(b.do(get("/x/script.cgi/y")), "/x/script.cgi|/y")
	}
}

func TestEnvironmentRefuses(t *testing.T) {
	big := strings.Repeat("x", stringMax)
	for _, row := range []struct {
		text        string
		name, value string
		status      int
		why         string
	}{
		{"NUL in a value", "HTTP_X", "a\x00b", 400, "NUL in HTTP_X"},
		{"NUL in a name", "HTTP_\x00", "a", 400, "a variable's name"},
		{"no name", "", "a", 400, "a variable's name"},
		{"an equals sign in a name", "A=B", "c", 400, "a variable's name"},
		{"too long", "HTTP_X", big, 431, "HTTP_X: 131080 > 131072 bytes"},
		{"one byte too long", "HTTP_X", big[:stringMax-7], 431, "HTTP_X: 131073 > 131072 bytes"},
		{"joined too long", "HTTP_ACCEPT", big[:stringMax-30], 431, "131073 > 131072 bytes"},
	} {
		t.Run(row.text, func(t *testing.T) {
			b := newBench(t)
			b.sh(helloSh)
			r := get("/")
			r.Params.Add("HTTP_ACCEPT", "1234567890123456")
			r.Params.Add(row.name, row.value)
			b.wantFailure(b.do(r), row.status, row.why)
		})
	}
	t.Run("no method", func(t *testing.T) {
		b := newBench(t)
		b.sh(helloSh)
		r := get("/")
		r.Params.Del("REQUEST_METHOD")
		b.wantFailure(b.do(r), 400, "no REQUEST_METHOD")
	})
}

// The longest variable that is let through is one that the system takes.
func TestLongestVariable(t *testing.T) {
	b := newBench(t)
	b.sh("printf 'X: 1\\n\\n'; exec printenv HTTP_X")
	r := get("/")
	value := strings.Repeat("x", stringMax-len("HTTP_X=")-1)
	r.Params.Add("HTTP_X", value)
	b.want(b.do(r), value+"\n")
}

// A script finds what it was told, its own directory, and nothing else open.
func TestScriptFindsItself(t *testing.T) {
	b := newBench(t)
	b.sh("printf 'X: 1\n\n'; echo $SCRIPT_NAME $PATH_INFO $QUERY_STRING; pwd; echo $0; ls /proc/self/fd | tr '\\n' ' '")
	b.c.Mount = "/app"
	dir, err := os.Readlink(b.dir)
	if err != nil {
		dir = b.dir
	}
	b.want(b.do(get("/app/info?a=b")), "/app /info a=b\n"+dir+"\n"+b.c.Path+"\n0 1 2 3 ")
	b.wantFailure(b.do(get("/other")), 404, "not below /app")
	b.wantFailure(b.do(get("/application")), 404, "not below /app")
}

func TestSearchWords(t *testing.T) {
	for _, row := range []struct {
		method, query string
		want          []string
	}{
		{"GET", "", nil},
		{"GET", "foo", []string{"foo"}},
		{"HEAD", "foo+b%61r", []string{"foo", "bar"}},
		{"GET", "foo%3Dbar", []string{"foo=bar"}},
		{"GET", "foo=bar", nil},
		{"GET", "foo+a=b", nil},
		{"POST", "foo", nil},
		{"GET", "foo+%zz", nil},
		{"GET", "a%00b", nil},
		{"GET", "-d+allow_url_include%3d1", nil},
		{"GET", "%2Ds", nil},
		{"GET", "foo+-s", nil},
		{"GET", "%ADd+allow_url_include%3d1", nil},
		{"GET", "%C2%ADd", nil},
	} {
		if diff := cmp.Diff(row.want, searchWords(row.method, row.query)); diff != "" {
			t.Errorf("%s %s: %s", row.method, row.query, diff)
		}
	}
}

func TestCommandLine(t *testing.T) {
	b := newBench(t)
	b.sh(`printf 'X: 1\n\n'; echo $# $1 $2`)
	b.want(b.do(get("/?foo+bar")), "0\n")
	b.c.CommandLine = true
	b.want(b.do(get("/?foo+bar")), "2 foo bar\n")
	b.want(b.do(get("/?-n+bar")), "0\n")
}

func TestInterpreters(t *testing.T) {
	b := newBench(t)
	b.c.Interpreters = map[string]string{".x": "/bin/sh -e"}
	b.c.Path = b.write("script.x", `printf 'X: 1\n\n'; echo $0 $-`)
	if err := os.Chmod(b.c.Path, 0o644); err != nil {
		t.Fatal(err)
	}
	b.want(b.do(get("/")), b.c.Path+" e\n")
}
