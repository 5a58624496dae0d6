package netiotest

import (
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/postern-gateway/postern/protocol"
)

// Recordings reads the requests that fronts from Debian 12 sent, by name, from testdata.
func Recordings(t testing.TB) map[string][]byte {
	t.Helper()
	names, err := filepath.Glob("testdata/*.bin")
	if err != nil || len(names) < 5 {
		t.Fatal(names, err)
	}
	m := make(map[string][]byte)
	for _, name := range names {
		b, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		m[strings.TrimSuffix(filepath.Base(name), ".bin")] = b
	}
	return m
}

// Recorded tests that the requests in testdata are served, and that no strict prefix of one is.
// They are a GET of prefix + "/a%20b?q=1" that has X-A twice and a Proxy field, and a POST of
// "hello" in chunks to prefix + "/x". The POST has no recording of Apache, which answers it with
// 411 by itself.
func (x *Stream) Recorded(t *testing.T, prefix string) {
	h := protocol.FromHTTP(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		b, err := io.ReadAll(r.Body)
		fmt.Fprintf(w, "%s %s %s %q %q %v %d %q %v", r.Method, r.URL.Path, r.RequestURI, r.Header["X-A"], r.Header["Proxy"], r.TransferEncoding, r.ContentLength, b, err)
	}))
	for name, b := range Recordings(t) {
		want := fmt.Sprintf(`GET %s/a b %[1]s/a%%20b?q=1 ["1, 2"] [] [] 0 "" <nil>`, prefix)
		if strings.HasSuffix(name, "-chunked") {
			want = fmt.Sprintf(`POST %s/x %[1]s/x [] [] [] 5 "hello" <nil>`, prefix)
		}
		answer, log := Play(x.Protocol, nil, h, b, nil)
		_, got, _ := strings.Cut(string(answer), "\r\n\r\n")
		if diff := cmp.Diff(want, got); diff != "" || log != "" {
			t.Errorf("%s: %s\n%s", name, log, diff)
		}
		for i := 1; i < len(b); i++ {
			answer, _ := Play(x.Protocol, nil, Report, b[:i], nil)
			if !strings.HasPrefix(string(answer), x.StatusPrefix+" 400 ") {
				t.Errorf("%s: %d bytes of %d are served", name, i, len(b))
			}
		}
	}
}
