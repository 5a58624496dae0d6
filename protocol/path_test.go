package protocol

import (
	"bufio"
	"context"
	"errors"
	"net"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// SCRIPT_NAME and PATH_INFO are the URL's path, however the front has divided it.
func TestAt(t *testing.T) {
	for _, row := range []struct {
		text   string
		params Params
		mount  string
		want   Params // nil: not below the mount
	}{
		{"by HTTP", Pairs("SCRIPT_NAME", "", "PATH_INFO", "/app/x"), "/app", Pairs("SCRIPT_NAME", "/app", "PATH_INFO", "/x")},
		{"nginx's fastcgi_params", Pairs("SCRIPT_NAME", "/app/x"), "/app", Pairs("SCRIPT_NAME", "/app", "PATH_INFO", "/x")},
		{"nginx's uwsgi_params", Pairs("PATH_INFO", "/app/x"), "/app", Pairs("PATH_INFO", "/x", "SCRIPT_NAME", "/app")},
		{"nginx's scgi_params", Pairs("REQUEST_URI", "/a%70p/y", "DOCUMENT_URI", "/app/x"), "/app",
			Pairs("REQUEST_URI", "/a%70p/y", "DOCUMENT_URI", "/app/x", "SCRIPT_NAME", "/app", "PATH_INFO", "/x")},
		{"REQUEST_URI alone", Pairs("REQUEST_URI", "/a%70p/x%3Fy?z"), "/app",
			Pairs("REQUEST_URI", "/a%70p/x%3Fy?z", "SCRIPT_NAME", "/app", "PATH_INFO", "/x?y")},
		{"an absolute REQUEST_URI", Pairs("REQUEST_URI", "http://h/app/x"), "/app",
			Pairs("REQUEST_URI", "http://h/app/x", "SCRIPT_NAME", "/app", "PATH_INFO", "/x")},
		{"divided further down", Pairs("SCRIPT_NAME", "/app/x", "PATH_INFO", "/y"), "/app", Pairs("SCRIPT_NAME", "/app", "PATH_INFO", "/x/y")},
		{"the mount alone", Pairs("PATH_INFO", "/app"), "/app", Pairs("PATH_INFO", "", "SCRIPT_NAME", "/app")},
		{"one slash at the mount's end", Pairs("PATH_INFO", "/app/"), "/app/", Pairs("PATH_INFO", "/", "SCRIPT_NAME", "/app")},
		{"two slashes at the mount's end", Pairs("PATH_INFO", "/app/x"), "/app//", Pairs("PATH_INFO", "/x", "SCRIPT_NAME", "/app")},
		{"two slashes in the path", Pairs("PATH_INFO", "/app//x"), "/app", Pairs("PATH_INFO", "//x", "SCRIPT_NAME", "/app")},
		{"the root", Pairs("SCRIPT_NAME", "/app/x"), "/", Pairs("SCRIPT_NAME", "", "PATH_INFO", "/app/x")},
		{"a name that goes on", Pairs("PATH_INFO", "/apple"), "/app", nil},
		{"beside it", Pairs("PATH_INFO", "/x/app"), "/app", nil},
		{"above it", Pairs("PATH_INFO", "/"), "/app", nil},
	} {
		t.Run(row.text, func(t *testing.T) {
			r := &Request{Params: row.params}
			out, err := r.At(t.Context(), row.mount)
			if row.want == nil {
				if !errors.Is(err, ErrNotFound) {
					t.Errorf("%v, %v: want not found", out, err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(row.want, out.Params); diff != "" {
				t.Error(diff)
			}
		})
	}
	if _, err := (&Request{Params: Pairs("REQUEST_URI", "/%zz")}).At(t.Context(), "/"); !errors.Is(err, ErrMalformed) {
		t.Errorf("a target that cannot be decoded: %v", err)
	}
}

// A target with a scheme and a host is what a proxy is asked for, and what a server must take, too
// (RFC 9112 section 3.2.2). The host is the target's; what it says of TLS is the client's word, and
// counts for nothing.
func TestAbsoluteFormTarget(t *testing.T) {
	for _, row := range []struct{ target, uri, path, query, host string }{
		{"http://a.test/a/b?q", "/a/b?q", "/a/b", "q", "a.test"},
		{"http://a.test:81/a%2Fb?q=http://c/d", "/a%2Fb?q=http://c/d", "/a/b", "q=http://c/d", "a.test:81"},
		{"http://a.test", "/", "/", "", "a.test"},
		{"http://a.test?q", "/?q", "/", "q", "a.test"},
		{"HTTPS://user@a.test//x", "//x", "//x", "", "a.test"},
		{"/a?b=http://c/d", "/a?b=http://c/d", "/a", "b=http://c/d", "h"},
		{"*", "*", "*", "", "h"},
	} {
		hr, err := http.ReadRequest(bufio.NewReader(strings.NewReader("OPTIONS " + row.target + " HTTP/1.1\r\nHost: h\r\n\r\n")))
		if err != nil {
			t.Fatal(row.target, err)
		}
		p := NewRequest(hr).Params
		for name, want := range map[string]string{"REQUEST_URI": row.uri, "SCRIPT_NAME": "", "PATH_INFO": row.path, "QUERY_STRING": row.query,
			"HTTP_HOST": row.host, "SERVER_NAME": strings.TrimSuffix(row.host, ":81"), "REQUEST_SCHEME": "http", "HTTPS": ""} {
			if got := p.Get(name); got != want {
				t.Errorf("%s: %s is %q, want %q", row.target, name, got, want)
			}
		}
	}
}

// REMOTE_ADDR must have a value (RFC 3875 section 4.1.8), and a client on a Unix socket has no
// address.
func TestRemoteAddrOnAUnixSocket(t *testing.T) {
	for _, addr := range []string{"", "@", "/run/client.sock", "@abstract"} {
		hr := incoming("GET", "/", "h", nil)
		hr = hr.WithContext(context.WithValue(hr.Context(), http.LocalAddrContextKey, &net.UnixAddr{Net: "unix", Name: "/run/s"}))
		hr.RemoteAddr = addr
		r := NewRequest(hr)
		if got := r.Params.Get("REMOTE_ADDR"); got != "127.0.0.1" || r.RemoteAddr() != "127.0.0.1:0" {
			t.Errorf("%q: %q, %q", addr, got, r.RemoteAddr())
		}
	}
}
