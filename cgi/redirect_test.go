package cgi

import (
	"strings"
	"testing"
)

func TestLocalRedirect(t *testing.T) {
	b := newBench(t)
	b.c.LocalRedirects = true
	b.c.Dir = &Dir{Root: b.dir, Prefix: "/bin"}
	b.write("to.cgi", `#!/bin/sh
printf 'X: 1\n\n'; cat; echo $REQUEST_METHOD $SCRIPT_NAME $PATH_INFO $QUERY_STRING ${CONTENT_LENGTH-none} $REDIRECT_URL $REDIRECT_QUERY_STRING $REDIRECT_STATUS`)
	for _, row := range []struct {
		text, location string
		status         int
		want           string
	}{
		{"to another script", "/bin/to.cgi", 200, "GET /bin/to.cgi none /bin/from.cgi q=1 200\n"},
		{"with path and query", "/bin/to.cgi/a%20b?c=d", 200, "GET /bin/to.cgi /a b c=d none /bin/from.cgi q=1 200\n"},
		{"to where nothing is", "/bin/none.cgi", 404, ""},
		{"upward", "/bin/../to.cgi", 400, ""},
		{"upward, encoded", "/bin/%2e%2e/to.cgi", 400, ""},
		{"to what is not ours", "/other/to.cgi", 302, ""},
		{"to another host", "//bin/to.cgi", 302, ""},
		{"absolute", "http://example.org/bin/to.cgi", 302, ""},
		{"that cannot be decoded", "/bin/%zz", 302, ""},
		{"with a fragment", "/bin/to.cgi#part", 302, ""},
		{"with a query and a fragment", "/bin/to.cgi?c=d#part", 302, ""},
	} {
		t.Run(row.text, func(t *testing.T) {
			b.write("from.cgi", "#!/bin/sh\nprintf 'Location: %s\\n\\n' '"+row.location+"'\n")
			r := post("/bin/from.cgi?q=1", strings.NewReader("hello"), 5)
			res := b.do(r)
			if res.Status != row.status || res.Body != row.want {
				t.Fatal(res)
			}
			if row.status == 302 && (res.Err != nil || res.Header.Get("Location") != row.location) {
				t.Fatal(res)
			}
		})
	}
}

// Behind a front a local redirect ran a file that the front serves as text, and passed its access
// rules by: there the front is the server, and gets what fcgiwrap gives it.
func TestLocalRedirectBehindFront(t *testing.T) {
	for protocol, want := range map[string]int{"http": 200, "fastcgi": 302, "scgi": 302, "uwsgi": 302, "cgi": 302, "": 302} {
		b := newBench(t)
		b.c.Mount = "/app"
		b.sh(`if [ "$PATH_INFO" = /end ]; then printf 'X: 1\n\nend'; else printf 'Location: /app/end\n\n'; fi`)
		r := get("/app/start")
		r.Protocol = protocol
		res := b.do(r)
		if res.Err != nil || res.Status != want || want == 302 && (res.Header.Get("Location") != "/app/end" || res.Body != "") {
			t.Error(protocol, res)
		}
	}
}

func TestLocalRedirectOfOneProgram(t *testing.T) {
	b := newBench(t)
	b.c.LocalRedirects = true
	b.c.Mount = "/app"
	b.sh(`if [ "$PATH_INFO" = /end ]; then printf 'X: 1\n\nend'; else printf 'Location: /app/end\n\n'; fi`)
	b.want(b.do(get("/app/start")), "end")
}

func TestLocalRedirectKeepsHead(t *testing.T) {
	b := newBench(t)
	b.c.LocalRedirects = true
	b.sh(`if [ "$PATH_INFO" = /end ]; then printf "X: $REQUEST_METHOD\n\n"; else printf 'Location: /end\n\n'; fi`)
	r := get("/start")
	r.Params.Set("REQUEST_METHOD", "HEAD")
	if res := b.do(r); res.Header.Get("X") != "HEAD" {
		t.Fatal(res)
	}
}

func TestLocalRedirectsEnd(t *testing.T) {
	b := newBench(t)
	b.c.LocalRedirects = true
	b.sh(`echo >>$0.runs; printf 'Location: /again\n\n'`)
	b.wantFailure(b.do(get("/")), 502, "11 > 10 local redirects, the last to /again")
	b.sh(`n=${QUERY_STRING:-0}; if [ $n = 10 ]; then printf 'X: 1\n\nend'; else printf "Location: /?$((n+1))\n\n"; fi`)
	b.want(b.do(get("/")), "end")
}
