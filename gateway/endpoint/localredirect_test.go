package endpoint_test

import (
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"

	"github.com/postern-gateway/postern/gateway"
	"github.com/postern-gateway/postern/gateway/endpoint"
	"github.com/postern-gateway/postern/gateway/route"
	"github.com/postern-gateway/postern/protocol"
)

// A script's local redirect passed rules and mounts by that stood before it. Who has decided by the
// path is to see the new one, too: the client comes with it.
func TestLocalRedirectPassesNobodyBy(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{"from": `printf 'Location: /to\n\n'`, "to": `printf 'X: 1\n\nto'`} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte("#!/bin/sh\n"+text+"\n"), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	scripts, err := endpoint.NewHandler("cgi:"+dir+"/", nil)
	if err != nil {
		t.Fatal(err)
	}
	defer scripts.Close()
	forbidden, err := new(route.Environment).Parse("", "route = ^/to break:403")
	if err != nil {
		t.Fatal(err)
	}
	table, err := route.New(scripts, forbidden...)
	if err != nil {
		t.Fatal(err)
	}
	nothing, err := route.New(scripts)
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range []struct {
		text string
		h    protocol.Handler
		want int
	}{
		{"nobody stands before the script", scripts, 200},
		{"a table without a rule", nothing, 200},
		{"a mux that gives it everything", gateway.Mux{{Handler: scripts}}, 200},
		{"a rule that forbids the path", table, 302},
		{"a mux that has another handler for the path", gateway.Mux{{Prefix: "/to", Handler: table}, {Handler: scripts}}, 302},
		{"a mux that gives it nothing else", gateway.Mux{{Prefix: "/from", Handler: scripts}}, 302},
	} {
		t.Run(row.text, func(t *testing.T) {
			l, err := net.Listen("tcp", "127.0.0.1:0")
			if err != nil {
				t.Fatal(err)
			}
			s := &gateway.Server{Handler: row.h}
			go s.ServeHTTP(l)
			defer s.Close()
			if got := statusOf(t, "http://"+l.Addr().String()+"/from"); got != row.want {
				t.Errorf("status %d, want %d", got, row.want)
			}
		})
	}
	t.Run("a server of net/http's", func(t *testing.T) {
		s := httptest.NewServer(protocol.ToHTTP(scripts))
		defer s.Close()
		if got := statusOf(t, s.URL+"/from"); got != 302 {
			t.Errorf("status %d, want 302", got)
		}
	})
}

// statusOf asks for url, and follows no redirect.
func statusOf(t *testing.T, url string) int {
	t.Helper()
	res, err := new(http.Transport).RoundTrip(httptest.NewRequest("GET", url, nil))
	if err != nil {
		t.Fatal(err)
	}
	res.Body.Close()
	return res.StatusCode
}
