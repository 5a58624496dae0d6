package endpoint_test

import (
	"strings"
	"testing"

	"github.com/postern-gateway/postern/gateway/endpoint"
)

// TestMeantURLs: a URL as others write it is answered with ours, in one line, and ours can be read.
func TestMeantURLs(t *testing.T) {
	const known = "; known are auto, cgi, "
	for _, row := range []struct{ url, before, ours, after string }{
		{"fcgi://127.0.0.1:9000", `unknown scheme "fcgi": write `, "fastcgi://127.0.0.1:9000", ""},
		{"fcgi+unix:/run/x.sock?keep=4", `unknown scheme "fcgi+unix": write `, "fastcgi+unix:/run/x.sock?keep=4", ""},
		{"fcgi:/run/x.sock", `unknown scheme "fcgi": write `, "fastcgi+unix:/run/x.sock", ""},
		{"fcgi:127.0.0.1:9000", `unknown scheme "fcgi": write `, "fastcgi://127.0.0.1:9000", ""},
		{"FastCGI://127.0.0.1:9000", `unknown scheme "FastCGI": write `, "fastcgi://127.0.0.1:9000", ""},
		{"fastgci://127.0.0.1:9000", `unknown scheme "fastgci": write `, "fastcgi://127.0.0.1:9000", ""},
		{"php-fpm:/run/php/php-fpm.sock", `unknown scheme "php-fpm": write `, "fastcgi+unix:/run/php/php-fpm.sock", ""},
		{"wsgi://127.0.0.1:3031", `unknown scheme "wsgi": write `, "uwsgi://127.0.0.1:3031", ""},
		{"ws://127.0.0.1:8080", `unknown scheme "ws": write `, "http://127.0.0.1:8080", ""},
		{"127.0.0.1:9000", "no protocol: write ", "fastcgi://127.0.0.1:9000", known},
		{"localhost:3031", "no protocol: write ", "uwsgi://localhost:3031", known},
		{":4000", "no protocol: write ", "scgi://:4000", known},
		{":8080", "no protocol: write ", "http://:8080", known},
		{"8080", "no protocol: write ", "http://:8080", known},
		{"[::1]:9000?keep=4", "no protocol: write ", "fastcgi://[::1]:9000?keep=4", known},
		{"tcp://127.0.0.1:8000", "no protocol: write ", "http://127.0.0.1:8000", known},
		{"unix:/x", "no protocol: write ", "fastcgi+unix:/x", known},
		{"unix:///run/uwsgi/app.sock", "no protocol: write ", "uwsgi+unix:/run/uwsgi/app.sock", known},
		{"/run/x.sock", "no protocol: write ", "fastcgi+unix:/run/x.sock", known},
		{"./x.sock", "no protocol: write ", "fastcgi+unix:./x.sock", known},
		{"@abstract", "no protocol: write ", "fastcgi+unix:@abstract", known},
		{"/usr/lib/cgi-bin/", "no protocol: write ", "cgi:/usr/lib/cgi-bin/", known},
		{"/srv/app.cgi", "no protocol: write ", "cgi:/srv/app.cgi", known},
		{"fastcgi:/run/x.sock", "no address: for a Unix socket write ", "fastcgi+unix:/run/x.sock", ", or //HOST:PORT"},
		{"http:127.0.0.1:8080", "no address: write //HOST:PORT after the colon, as in ", "http://127.0.0.1:8080", ""},
		{"http::8080", "no address: write //HOST:PORT after the colon, as in ", "http://:8080", ""},
		{"http:8080", "no address: write //HOST:PORT after the colon, as in ", "http://:8080", ""},
		{"uwsgi:///x.sock", "for a Unix socket write ", "uwsgi+unix:/x.sock", ""},
		{"scgi://unix:/x.sock", "for a Unix socket write ", "scgi+unix:/x.sock", ""},
		{"http://127.0.0.1:8080/app", "a path is not possible: requests bring their own", "", ""},
		{"http://", "no address after //: write //HOST:PORT, as in ", "http://127.0.0.1:9000", ""},
		{"https+tcp:///?keep=1", "no address after //: write //HOST:PORT", "", ""},
		{"scgi://:9000?alow=*", `unknown option "alow": did you mean allow?`, "", ""},
		{"fastcgi://:9000?max_open=4", `unknown option "max_open": did you mean max-open?`, "", ""},
	} {
		_, err := endpoint.Parse(row.url)
		if err == nil {
			t.Errorf("%s: no error", row.url)
			continue
		}
		checkLine(t, row.url, err, row.before+row.ours+row.after)
		if _, err := endpoint.Parse(row.ours); err != nil && row.ours != "" {
			t.Errorf("%s: what is suggested cannot be read: %v", row.url, err)
		}
	}
}

// A password that somebody has written into a URL is in no error.
func TestUserInURL(t *testing.T) {
	for url, want := range map[string]string{
		"http://me:secret@127.0.0.1:80":        `"http://***@127.0.0.1:80": no user and no password are possible in a URL`,
		"fastcgi+tcp://me:secret@a.test":       `"fastcgi+tcp://***@a.test": no user`,
		"htp://me:secret@a.test":               `"htp://***@a.test": no user`,
		"https://me:sec/secret@a.test:1/x?a=b": `"https://***@a.test:1/x?a=b": no user`,
		"https://me:secret@secret@a.test":      `"https://***@a.test": no user`,
		"me:secret@a.test:80":                  `"***@a.test:80": no user`,
		"php:/srv?fpm=fastcgi://me:secret@a":   `"php:/srv?fpm=fastcgi://***@a": no user`,
	} {
		if _, err := endpoint.Parse(url); err == nil {
			t.Errorf("%s: no error", url)
		} else {
			checkLine(t, url, err, want)
			if strings.Contains(err.Error(), "secret") {
				t.Errorf("%s: %v", url, err)
			}
		}
	}
	for _, url := range []string{"fastcgi+unix:///run/a@b.sock", "cgi:///srv/a@b/", "uwsgi://a.test:1?param=A=b@c"} {
		if _, err := endpoint.Parse(url); err != nil {
			t.Error(err)
		}
	}
}
