package interop

import (
	"bytes"
	"net"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var argument = regexp.MustCompile(`(?m)^ARGUMENT (.*)$`)

// TestIndexedQuery looks at the command line of a script (RFC 3875 section 4.4): empty unless asked
// for, and then never an option.
func TestIndexedQuery(t *testing.T) {
	needFronts(t)
	t.Parallel()
	dir := scriptDir(t, "env.sh")
	for _, tt := range []struct {
		name, to string
		asked    bool
	}{
		{"by default", "cgi:" + dir + "/", false},
		{"asked for", "cgi:" + dir + "/?command-line", true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			serveProgram(t, "stock", tt.to).each(t, func(t *testing.T, s *site) { indexedQueries(t, s, tt.asked) })
		})
	}
}

func indexedQueries(t *testing.T, s *site, asked bool) {
	for query, want := range map[string][]string{
		"":                          nil,
		"foo+bar":                   {"foo", "bar"},
		"a%20b+c%2Bd+%24(id)":       {"a b", "c+d", "$(id)"},
		"a=b":                       nil, // a form
		"foo+a=b":                   nil,
		"a%3Db":                     {"a=b"},
		"-d+allow_url_include%3don": nil, // CVE-2012-1823
		"%2Dd+x":                    nil,
		"foo+-s":                    nil,
		"%ADd+x":                    nil, // CVE-2024-4577
		"%C2%ADd+x":                 nil,
		"foo+%zz":                   nil,
		"foo+%00":                   nil,
	} {
		status, body := s.rawGet(t, "/env.sh?"+query)
		var got []string
		for _, m := range argument.FindAllStringSubmatch(body, -1) {
			got = append(got, m[1])
		}
		if !asked {
			want = nil
		}
		if diff := cmp.Diff(want, got); diff != "" || status != 200 && status != 400 {
			t.Errorf("?%s: status %d, arguments: %s", query, status, diff)
		}
	}
}

// TestScriptAttributes gives scripts limits and a umask by the URL.
func TestScriptAttributes(t *testing.T) {
	needFronts(t)
	t.Parallel()
	dir := sharedDir(t)
	writeScript(t, filepath.Join(dir, "limits.sh"), "#!/bin/sh\nprintf 'Content-Type: text/plain\\n\\n'\n"+
		"echo $(umask) $(ulimit -n) $(ulimit -t) $(ulimit -v) $(ulimit -f) $(pwd) $NAME\n")
	to := "cgi:" + dir + "/?umask=027&files=64&cpu=3s&memory=1073741824&file-size=1048576&workdir=/usr&env=NAME=a%20b"
	serveProgram(t, "stock", to).each(t, func(t *testing.T, s *site) {
		s.get(t, "/limits.sh").wantBody(t, "0027 64 3 1048576 2048 /usr a b\n")
	})
}

// TestStderrReachesTheFront runs the command with --stderr, and looks into nginx's error log.
// Control characters do not get there.
func TestStderrReachesTheFront(t *testing.T) {
	needFronts(t)
	t.Parallel()
	dir := sharedDir(t)
	writeScript(t, filepath.Join(dir, "complain.sh"), "#!/bin/sh\nprintf 'trouble \\033[31m ahead\\n' >&2\nprintf 'Content-Type: text/plain\\n\\nok %s\\n' \"$WHO\"\n")
	socket := filepath.Join(sharedDir(t), "s")
	log := filepath.Join(filepath.Dir(socket), "log")
	p, err := startProcess(log, nil, posternProgram(t), "serve", "--stderr", "--listen", "fastcgi+unix:"+socket, "--to", "cgi:"+dir+"/", "--option", "env=WHO=a&b c")
	if err != nil {
		t.Fatal(err)
	}
	p.stopAtEnd(t)
	eventually(t, "a socket", func() bool { _, err := os.Stat(socket); return err == nil })
	c := startFront(t, nginx(), "fastcgi", &net.UnixAddr{Net: "unix", Name: socket}, "")
	s := &site{pair: &pair{front: nginx(), protocol: "fastcgi"}, addr: "127.0.0.1:" + strconv.Itoa(c.Port), client: newClient()}
	defer s.client.CloseIdleConnections()
	s.get(t, "/complain.sh").wantBody(t, "ok a&b c\n")
	const want = `FastCGI sent in stderr: "trouble \x1b[31m ahead"`
	eventually(t, want+" in nginx's log", func() bool { return strings.Contains(fileText(c.Log), want) })
	eventually(t, "the line in our own log", func() bool { return strings.Contains(fileText(log), `trouble \\x1b[31m ahead`) })
}

// TestUnbufferedUpload has nginx send a body as it comes. Before 1.29.6 it tells SCGI of a wrong
// length then: that is refused, and the log names the directive; never is a script run on a cut
// body.
func TestUnbufferedUpload(t *testing.T) {
	needFronts(t)
	t.Parallel()
	dir := sharedDir(t)
	writeScript(t, filepath.Join(dir, "count.sh"), "#!/bin/sh\nprintf 'Content-Type: text/plain\\n\\n'\nexec wc -c\n")
	p := serveProgram(t, "unbuffered", "cgi:"+dir+"/")
	p.each(t, func(t *testing.T, s *site) {
		r := s.do(t, call{method: "POST", path: "/count.sh", body: bytes.NewReader(pattern(t, 300_000))})
		if r.status == 200 {
			r.wantBody(t, "300000\n")
			return
		}
		r.want(t, 400)
		directive := s.protocol + "_request_buffering off;"
		eventually(t, directive+" in the log", func() bool { return strings.Contains(p.log.text(), directive) })
	})
}
