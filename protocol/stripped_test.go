package protocol

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
)

// What a handler of net/http before ToHTTP has made of the URL, as http.StripPrefix does, is the
// request's for every handler, whatever its header, and so for every backend.
func TestURLThatWasChangedBefore(t *testing.T) {
	path := func(w io.Writer, hr *http.Request) { fmt.Fprint(w, hr.URL.RequestURI()) }
	for name, h := range map[string]Handler{
		"native": HandlerFunc(func(w ResponseWriter, r *Request) error {
			hr, err := r.HTTP()
			if err != nil {
				return err
			}
			path(w, hr)
			return nil
		}),
		"net/http": FromHTTP(http.HandlerFunc(func(w http.ResponseWriter, hr *http.Request) { path(w, hr) })),
	} {
		for target, want := range map[string]string{
			"/pre/a%2Fb/c%20d?e=f": "/a%2Fb/c%20d?e=f", "/pre/": "/", "/pre/x?": "/x?", "/pre//x": "//x",
		} {
			for _, tags := range [][]string{{"one"}, {"one", "two"}} {
				hr := httptest.NewRequest("GET", target, nil)
				hr.Header["X-Tag"] = tags
				rec := httptest.NewRecorder()
				http.StripPrefix("/pre", ToHTTP(h)).ServeHTTP(rec, hr)
				if got := rec.Body.String(); got != want {
					t.Errorf("%s, %s with %d fields: %s, want %s", name, target, len(tags), got, want)
				}
			}
		}
	}
}
