package fetch

import (
	"fmt"
	"testing"
)

// TestTargets cuts URLs into a backend, and a path with a query.
func TestTargets(t *testing.T) {
	for _, row := range []struct{ text, backend, uri, host string }{
		{"fastcgi://127.0.0.1:9000/a/b?c=d", "fastcgi://127.0.0.1:9000", "/a/b?c=d", "127.0.0.1:9000"},
		{"fastcgi://127.0.0.1:9000", "fastcgi://127.0.0.1:9000", "", "127.0.0.1:9000"},
		{"fastcgi+tcp://[::1]:9000/x:y", "fastcgi://[::1]:9000", "/x:y", "[::1]:9000"},
		{"http://example.org?a", "http://example.org:80", "/?a", "example.org"},
		{"http://example.org/#part", "http://example.org:80", "/", "example.org"},
		{"fastcgi+unix:/run/s:/x?y:z", "fastcgi+unix:/run/s", "/x?y:z", "localhost"},
		{"scgi+unix:///run/s", "scgi+unix:/run/s", "", "localhost"},
		{"scgi+unix:@name:/", "scgi+unix:@name", "/", "localhost"},
		{"scgi+unix:/run/a%3Ab:/x", "scgi+unix:/run/a:b", "/x", "localhost"},
		{"cgi:/usr/lib/x.cgi:/x", "cgi:/usr/lib/x.cgi", "/x", "localhost"},
		{"cgi:dir/:/x.cgi/rest?q", "cgi:dir/", "/x.cgi/rest?q", "localhost"},
	} {
		got, err := ParseTarget(row.text, nil)
		if err != nil {
			t.Errorf("%s: %v", row.text, err)
			continue
		}
		uri := ""
		if got.URL.Path != "" {
			uri = got.URL.RequestURI()
		}
		if got.Backend.String() != row.backend || uri != row.uri || got.Host != row.host {
			t.Errorf("%s: %s, %s, %s", row.text, got.Backend, uri, got.Host)
		}
	}
}

func ExampleParseTarget() {
	t, err := ParseTarget("fastcgi+unix:/run/php/php-fpm.sock:/status?full", []string{"keep=2"})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(t.Backend, t.URL.RequestURI(), t.Host)
	// Output: fastcgi+unix:/run/php/php-fpm.sock /status?full localhost
}

func ExampleCutOptions() {
	for _, url := range []string{"https://127.0.0.1:8443?ca=/etc/a%20b.pem&connect-timeout=1s", "https://127.0.0.1:8443/?ca=/etc/ca.pem", "scgi+unix:/run/s"} {
		fmt.Println(CutOptions(url))
	}
	// Output:
	// https://127.0.0.1:8443 [ca=/etc/a b.pem connect-timeout=1s]
	// https://127.0.0.1:8443/?ca=/etc/ca.pem []
	// scgi+unix:/run/s []
}

func ExampleSpeaks() {
	fmt.Println(Speaks("fastcgi", []byte("HTTP/1.1 400 Bad Request\r\n")))
	// Output: the peer speaks HTTP; is this an http:// port?
}
