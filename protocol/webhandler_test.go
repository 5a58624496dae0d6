package protocol

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// serveDirect has look called by a handler of net/http, to which hr comes by net/http's server.
func serveDirect(t *testing.T, l *Loop, hr *http.Request, look func(*http.Request)) {
	t.Helper()
	called := false
	l.Log = quiet
	l.Handler = FromHTTP(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		called = true
		look(r)
	}))
	l.ServeHTTP(httptest.NewRecorder(), hr)
	if !called {
		t.Error("the handler was not called")
	}
}

// arriving is a request as net/http's server reads it.
func arriving(method, target, body string) *http.Request {
	hr := httptest.NewRequest(method, target, strings.NewReader(body))
	if body == "" {
		hr.Body = http.NoBody
	}
	return hr
}

// What a handler gets of net/http's request is what would be derived of the variables.
func TestDirectRequestIsTheDerivedOne(t *testing.T) {
	for name, change := range map[string]func(*http.Request){
		"plain":            func(*http.Request) {},
		"fields":           func(hr *http.Request) { hr.Header.Set("Accept", "*/*"); hr.Header.Set("X-Other-1", "y") },
		"twice":            func(hr *http.Request) { hr.Header["Authorization"] = []string{"mallory", "bob"} },
		"twice, a list":    func(hr *http.Request) { hr.Header["X-A"] = []string{"1", "2"} },
		"none":             func(hr *http.Request) { hr.Header["X-A"] = nil },
		"withheld":         func(hr *http.Request) { hr.Header.Set("Proxy", "evil") },
		"withheld, forged": func(hr *http.Request) { hr.Header["proxy"] = []string{"evil"} },
		"a host twice":     func(hr *http.Request) { hr.Header.Set("Host", "evil") },
		"underscore":       func(hr *http.Request) { hr.Header["X_forwarded_for"] = []string{"evil"} },
		"dot":              func(hr *http.Request) { hr.Header["X.forwarded.for"] = []string{"evil"} },
		"no host":          func(hr *http.Request) { hr.Host = "" },
		"absolute form": func(hr *http.Request) {
			hr.RequestURI, hr.URL.Scheme, hr.URL.Host = "http://h"+hr.RequestURI, "http", "h"
		},
		"a Unix socket": func(hr *http.Request) { hr.RemoteAddr = "@" },
		"a path encoded": func(hr *http.Request) {
			hr.RequestURI, hr.URL.Path, hr.URL.RawPath = "/a%2fb?q", "/a/b", "/a%2fb"
			hr.URL.RawQuery = "q"
		},
	} {
		for _, body := range []string{"", "body"} {
			t.Run(name+" "+body, func(t *testing.T) {
				hr := arriving("POST", "/a/b?q", body)
				hr.URL.Host, hr.URL.Scheme = "", ""
				hr.RequestURI = "/a/b?q"
				if body != "" {
					hr.Header.Set("Content-Length", "4")
				}
				hr.Header.Set("Content-Type", "text/plain")
				change(hr)
				derived, err := NewRequest(hr).HTTP()
				if err != nil {
					t.Fatal(err)
				}
				serveDirect(t, new(Loop), hr, func(r *http.Request) {
					if diff := cmp.Diff(see(derived), see(r)); diff != "" {
						t.Errorf("derived, direct: %s", diff)
					}
					if b, err := io.ReadAll(r.Body); string(b) != body || err != nil {
						t.Errorf("body %q, %v", b, err)
					}
				})
			})
		}
	}
}

// The variables are made when somebody asks for them, and are those of the request that came.
func TestDirectRequestHasVariables(t *testing.T) {
	hr := arriving("GET", "http://h/a/b?q", "")
	hr.RequestURI, hr.URL.Host, hr.URL.Scheme = "/a/b?q", "", ""
	hr.Header.Set("Accept", "text/plain")
	want := NewRequest(hr).Params
	var out *Request
	serveDirect(t, new(Loop), hr, func(r *http.Request) {
		r.URL.Path, r.URL.RawQuery, r.RequestURI, r.Method = "/changed", "", "/changed", "PUT"
		var all sync.WaitGroup
		for range 4 {
			all.Go(func() {
				if diff := cmp.Diff(want, RequestFromContext(r.Context()).Params); diff != "" {
					t.Error(diff)
				}
			})
		}
		all.Wait()
		out = RequestFromContext(r.Context())
		if sub, err := out.At(r.Context(), "/a"); err != nil || RequestFromContext(sub.Context()) != sub {
			t.Errorf("%v: a clone is not found by its context", err)
		}
	})
	if out.Method() != "GET" || out.RequestURI() != "/a/b?q" {
		t.Errorf("%s %s", out.Method(), out.RequestURI())
	}
}

// Observe is told of the request that came, whatever its handler has made of it.
func TestDirectRequestIsObserved(t *testing.T) {
	hr := arriving("GET", "/", "")
	hr.RequestURI, hr.URL.Host, hr.URL.Scheme = "/", "", ""
	hr.Header.Set("Accept", "text/plain")
	want := NewRequest(hr).Params
	var told Params
	serveDirect(t, &Loop{Observe: func(r *Request, _ Summary) { told = r.Params }}, hr, func(r *http.Request) {
		r.Header.Del("Accept")
	})
	if diff := cmp.Diff(want, told); diff != "" {
		t.Error(diff)
	}
}

// Of a field that is no list and comes twice the last counts: so of Content-Type, which is told by
// a variable of its own.
func TestLastContentTypeCounts(t *testing.T) {
	hr := httptest.NewRequest("POST", "/", strings.NewReader("x"))
	hr.Header["Content-Type"] = []string{"text/plain", "application/json"}
	hr.Header["Authorization"] = []string{"a", "b"}
	r := NewRequest(hr)
	if got := r.Params.Get("CONTENT_TYPE") + " " + r.Params.Get("HTTP_AUTHORIZATION"); got != "application/json b" {
		t.Errorf("%q", got)
	}
}
