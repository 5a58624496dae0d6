package endpoint_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/postern-gateway/postern/gateway/endpoint"
)

func TestParse(t *testing.T) {
	for _, row := range []struct{ url, want string }{
		{"fastcgi://127.0.0.1:9000", "fastcgi tcp 127.0.0.1:9000"},
		{"scgi://:4000", "scgi tcp :4000"},
		{"scgi://*:4000", "scgi tcp :4000"},
		{"uwsgi+tcp://[::1]:3031/", "uwsgi tcp [::1]:3031"},
		{"http://localhost", "http tcp localhost:80"},
		{"http://:8080", "http tcp :8080"},
		{"auto://:9000?allow=10.0.0.0/8,::1", "auto tcp :9000 allow=[10.0.0.0/8 ::1/128]"},
		{"auto://:9000?allow=*", "auto tcp :9000 allow=[0.0.0.0/0 ::/0]"},
		{"uwsgi+unix:/run/app.sock?mode=0660&owner=www-data&group=33", "uwsgi unix /run/app.sock mode=660 owner=www-data group=33"},
		{"uwsgi+unix:///run/app.sock", "uwsgi unix /run/app.sock"},
		{"uwsgi+unix:app.sock", "uwsgi unix app.sock"},
		{"uwsgi+unix:/run/100%25%3F.sock", "uwsgi unix /run/100%?.sock"},
		{"uwsgi+unix:@abstract", "uwsgi unix @abstract"},
		{"fastcgi+fd:3", "fastcgi fd 3"},
		{"fastcgi://127.0.0.1:9000?keep=4", "fastcgi tcp 127.0.0.1:9000"},
		{"fastcgi://127.0.0.1:9000?mux=8", "fastcgi tcp 127.0.0.1:9000"},
		{"cgi:/usr/lib/cgi-bin/", "cgi file /usr/lib/cgi-bin/"},
		{"cgi:/usr/lib/cgi-bin/?mount=/cgi-bin&index=index.cgi&interpreter=.py=/usr/bin/python3", "cgi file /usr/lib/cgi-bin/"},
	} {
		e, err := endpoint.Parse(row.url)
		if err != nil {
			t.Errorf("%s: %v", row.url, err)
			continue
		}
		got := e.Protocol + " " + e.Network + " " + e.Address
		if len(e.Allow) > 0 {
			got += fmt.Sprint(" allow=", e.Allow)
		}
		if e.Mode != 0 {
			got += fmt.Sprintf(" mode=%o owner=%s group=%s", e.Mode, e.Owner, e.Group)
		}
		if diff := cmp.Diff(row.want, got); diff != "" {
			t.Errorf("%s: %s", row.url, diff)
		}
		if again, err := endpoint.Parse(strings.NewReplacer("%", "%25", "?", "%3F").Replace(e.String())); err != nil || again.String() != e.String() {
			t.Errorf("%s: its text %q reads as %v, %v", row.url, e, again, err)
		}
	}
}

// Each error is one line that says what to do.
var bad = []struct{ url, want string }{
	{"", "no scheme: write a URL such as fastcgi://127.0.0.1:9000"},
	{"127.0.0.1", "no scheme: write a URL"},
	{"127.0.0.1:9000", `no protocol: write fastcgi://127.0.0.1:9000; known are auto, cgi, fastcgi, files, http, php, scgi, uwsgi`},
	{"ajp://127.0.0.1:8009", `unknown scheme "ajp": known are auto, cgi, fastcgi, files, http, php, scgi, uwsgi`},
	{"FastCGI://127.0.0.1:9000", `unknown scheme "FastCGI"`},
	{"fastcgi+udp://127.0.0.1:9000", `unknown network "udp": write fastcgi://HOST:PORT, fastcgi+unix:PATH or fastcgi+fd:NUMBER`},
	{"fastcgi:127.0.0.1:9000", "no address: write //HOST:PORT after the colon, as in fastcgi://127.0.0.1:9000"},
	{"fastcgi:", "no address: write //HOST:PORT after the colon, as in fastcgi://127.0.0.1:9000, or fastcgi+unix:PATH"},
	{"fastcgi:/run/app.sock", "no address: for a Unix socket write fastcgi+unix:/run/app.sock, or //HOST:PORT after the colon"},
	{"fastcgi://127.0.0.1", `no port in "127.0.0.1": write //HOST:PORT, as in fastcgi://127.0.0.1:9000`},
	{"fastcgi://127.0.0.1:", "no port in"},
	{"fastcgi://127.0.0.1:70000", `bad port "70000": write a number up to 65535`},
	{"fastcgi://127.0.0.1:http", `bad port "http"`},
	{"fastcgi://::1:9000", "no port in"},
	{"fastcgi:///run/app.sock", "for a Unix socket write fastcgi+unix:/run/app.sock"},
	{"fastcgi+unix:", "no path: write one after the colon"},
	{"fastcgi+unix://run/app.sock", "write one slash before it, or three"},
	{"fastcgi+unix:/run/%zz", "write a per cent sign as %25"},
	{"fastcgi+unix:/run/%00", "no path"},
	{"fastcgi+unix:/a?mode=rw", `bad mode "rw": write it in octal, as in mode=0660`},
	{"fastcgi+unix:/a?mode=0999", `bad mode "0999"`},
	{"fastcgi+unix:/a?mode=7777", `bad mode "7777"`},
	{"fastcgi+unix:/a?mode=0", `bad mode "0"`},
	{"fastcgi+unix:/a?mode=", `bad mode ""`},
	{"fastcgi+unix:/a?mode=0660&mode=0666", "option mode is there twice"},
	{"fastcgi+unix:/a?allow=*", "option allow is for TCP: a Unix socket's mode, owner and group say who may connect"},
	{"fastcgi://:9000?mode=0660", `unknown option "mode": known here are allow, keep`},
	{"scgi://:9000?keep=1", `unknown option "keep": known here are allow`},
	{"uwsgi://:9000?max-age=1s", `unknown option "max-age": known here are allow, param, max-open`},
	{"cgi:/a?max-open=1", `unknown option "max-open": known here are mount, index`},
	{"scgi://:9000?allow=", "empty allow"},
	{"scgi://:9000?allow=localhost", `bad address "localhost" in allow: write addresses and networks such as 192.0.2.1 or 10.0.0.0/8, or *`},
	{"scgi://:9000?allow=%zz", "write a per cent sign as %25"},
	{"fastcgi+fd:x", `bad file descriptor "x": write a number, as in fastcgi+fd:3`},
	{"fastcgi+fd:-1", `bad file descriptor "-1"`},
	{"cgi+unix:/a", "cgi is no network protocol: write cgi:FILE or cgi:DIRECTORY/"},
	{"cgi:", "no path"},
	{"cgi:/a?colour=red", `unknown option "colour": known here are mount, index, script,`},
}

func TestParseErrors(t *testing.T) {
	for _, row := range bad {
		_, err := endpoint.Parse(row.url)
		if err == nil {
			t.Errorf("%s: no error", row.url)
			continue
		}
		checkLine(t, row.url, err, row.want)
	}
}

func checkLine(t *testing.T, what string, err error, want string) {
	t.Helper()
	if text := err.Error(); !strings.Contains(text, want) || strings.Contains(text, "\n") {
		t.Errorf("%s: %q, want a line with %q", what, text, want)
	}
}

func FuzzParse(f *testing.F) {
	for _, row := range bad {
		f.Add(row.url)
	}
	f.Add("uwsgi+unix:/run/app.sock?mode=0660&owner=www-data&group=33")
	f.Add("auto://:9000?allow=10.0.0.0/8,::1")
	f.Fuzz(func(t *testing.T, url string) {
		e, err := endpoint.Parse(url)
		if err != nil && strings.Contains(err.Error(), "\n") {
			t.Errorf("%q: more than a line: %q", url, err)
		}
		if err == nil && (e.Protocol == "" || e.Network == "" || e.Address == "") {
			t.Errorf("%q: %+v", url, e)
		}
	})
}

func TestClientErrors(t *testing.T) {
	for _, row := range []struct{ url, want string }{
		{"auto://:9000", "auto is for listening: name the protocol that the backend speaks"},
		{"fastcgi+fd:3", "a file descriptor is for listening: write fastcgi://HOST:PORT"},
		{"fastcgi+unix:/a?mode=0660", "option mode is for listening"},
		{"fastcgi://:9000?allow=*", "option allow is for listening"},
		{"fastcgi://:9000?keep=some", `bad keep "some": a whole number is meant`},
		{"fastcgi://:9000?mux=some", `bad mux "some": a whole number is meant`},
		{"fastcgi://:9000?max-age=5x", `bad max-age "5x": write a duration such as 30s or 1m30s, or a number of seconds, or none for no limit`},
		{"fastcgi://:9000?keep=none", `bad keep "none": a whole number is meant`},
		{"http://:80?keep=some", `bad keep "some": a whole number is meant`},
		{"http://h:80?max-age=old&resolve=30s", `bad max-age "old": write a duration such as 30s`},
		{"http://:80?max-age=old", `bad max-age "old": write a duration such as 30s`},
		{"scgi://:4000?max-open=some", `bad max-open "some": a whole number is meant`},
		{"uwsgi://:4000?max-open=", `bad max-open "": a whole number is meant`},
		{"cgi:/a?index=x", `bad index "x": it is for a directory: write a slash at the path's end`},
		{"cgi:/a/?interpreter=python", `bad interpreter "python": write it as .py=/usr/bin/python3`},
		{"cgi:/a/?env=X", `bad env "X": write it as NAME=value`},
		{"cgi:/a/?processes=many", `bad processes "many": a whole number is meant`},
		{"cgi:/a/?read-timeout=5x", `bad read-timeout "5x": write a duration such as 30s`},
		{"cgi:/a/?memory=much", `bad memory "much": a number of bytes is meant, as in 64k, 10M or 1G, or none for no limit`},
		{"cgi:/a/?memory=-1", `bad memory "-1": a number of bytes is meant`},
		{"cgi:/a/?linger=none", `bad linger "none": write a duration`},
		{"cgi:/a/?queue=none", `bad queue "none": a whole number is meant`},
	} {
		_, err := endpoint.NewClient(row.url, nil)
		if err == nil {
			t.Errorf("%s: no error", row.url)
			continue
		}
		checkLine(t, row.url, err, row.want)
	}
}
