package demo

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/postern-gateway/postern/protocol"
)

// both runs a test against the native demo and the net/http one, each behind net/http's own server.
func both(t *testing.T, test func(t *testing.T, url string)) {
	for name, h := range map[string]protocol.Handler{"native": Native(), "http": protocol.FromHTTP(HTTP())} {
		t.Run(name, func(t *testing.T) {
			s := httptest.NewServer(protocol.ToHTTP(h))
			defer s.Close()
			test(t, s.URL)
		})
	}
}

func TestAnswers(t *testing.T) {
	rows := []struct {
		method, path, body string
		status             int
		want               string // the body; a prefix where it ends in "..."
	}{
		{"GET", "/", "", 200, "hello, world\n"},
		{"HEAD", "/", "", 200, ""},
		{"POST", "/echo", "13 bytes here", 200, "13 bytes here"},
		{"POST", "/echo", "", 200, ""},
		{"GET", "/bytes?n=0", "", 200, ""},
		{"GET", "/bytes?n=11", "", 200, "The postern"},
		{"GET", "/bytes?n=x", "", 400, "..."},
		{"GET", "/bytes?n=-1", "", 400, "..."},
		{"GET", "/bytes?n=%zz", "", 400, "..."},
		{"GET", "/sleep?ms=1", "", 200, "slept for 1 ms\n"},
		{"GET", "/stream?n=2&ms=1", "", 200, "line 1 of 2\nline 2 of 2\n"},
		{"GET", "/status?code=204", "", 204, ""},
		{"GET", "/status?code=418", "", 418, "418 I'm a teapot\n"},
		{"GET", "/panic", "", 500, "..."},
		{"GET", "/ws", "", 426, "WebSocket protocol violation..."},
		{"GET", "/no%20such", "", 404, "no such path: \"/no such\"..."},
	}
	both(t, func(t *testing.T, url string) {
		for _, row := range rows {
			t.Run(row.method+" "+row.path, func(t *testing.T) {
				r, err := http.NewRequestWithContext(t.Context(), row.method, url+row.path, strings.NewReader(row.body))
				if err != nil {
					t.Fatal(err)
				}
				resp, err := http.DefaultClient.Do(r)
				if err != nil {
					t.Fatal(err)
				}
				defer resp.Body.Close()
				body, err := io.ReadAll(resp.Body)
				if err != nil {
					t.Fatal(err)
				}
				want, isPrefix := strings.CutSuffix(row.want, "...")
				got := string(body)
				if isPrefix && len(got) > len(want) {
					got = got[:len(want)]
				}
				if resp.StatusCode != row.status || got != want {
					t.Errorf("want %d %q, got %d %q", row.status, row.want, resp.StatusCode, body)
				}
			})
		}
	})
}

func TestVars(t *testing.T) {
	both(t, func(t *testing.T, url string) {
		resp, err := http.Get(url + "/vars?a=b")
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		var vars [][2]string
		if err := json.NewDecoder(resp.Body).Decode(&vars); err != nil {
			t.Fatal(err)
		}
		got := map[string]string{}
		for _, v := range vars {
			got[v[0]] = v[1]
		}
		for name, want := range map[string]string{"REQUEST_METHOD": "GET", "QUERY_STRING": "a=b", "REQUEST_URI": "/vars?a=b"} {
			if got[name] != want {
				t.Errorf("%s: want %q, got %q", name, want, got[name])
			}
		}
	})
}

// Bytes is the same whatever pieces it is read in.
func TestBytes(t *testing.T) {
	const n = 200_000
	whole, err := io.ReadAll(Bytes(n))
	if err != nil || len(whole) != n {
		t.Fatalf("want %d bytes, got %d and %v", n, len(whole), err)
	}
	var pieces bytes.Buffer
	r := Bytes(n)
	for p := make([]byte, 777); ; {
		k, err := r.Read(p)
		pieces.Write(p[:k])
		if err == io.EOF {
			break
		}
	}
	if !bytes.Equal(whole, pieces.Bytes()) {
		t.Error(cmp.Diff(len(whole), pieces.Len()))
	}
}
