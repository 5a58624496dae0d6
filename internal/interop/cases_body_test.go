package interop

import (
	"bytes"
	"context"
	"crypto/sha256"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/postern-gateway/postern/internal/demo"
)

func bodyCases() []testCase {
	return []testCase{
		{name: "empty post", says: "a POST without a byte is an empty body", run: echo(0)},
		{name: "echo 13 B", says: "13 bytes come back", run: echo(13)},
		{name: "echo 64 KB", says: "65,536 bytes come back", run: echo(64 << 10)},
		{name: "echo 3 MB", says: "3 MB come back", run: echo(3 << 20)},
		{name: "chunked upload", says: "a body without a length is read whole", run: chunkedUpload},
		{name: "small chunked upload", says: "a short body without a length is read whole", run: smallChunkedUpload},
		{name: "upload 32 MB", says: "32 MB arrive unchanged", run: upload(32 << 20)},
		{name: "download 64 MB", says: "64 MB arrive unchanged", run: download(64 << 20)},
	}
}

func echo(n int64) func(*testing.T, *site) {
	return func(t *testing.T, s *site) {
		body := pattern(t, n)
		h := http.Header{"Content-Type": {"text/x-echo"}}
		r := s.do(t, call{path: "/echo", body: bytes.NewReader(body), header: h}).want(t, http.StatusOK)
		if !bytes.Equal(r.body, body) {
			t.Errorf("body: want %s, got %s", sumOf(body), sumOf(r.body))
		}
		if got := r.header.Get("Content-Type"); got != "text/x-echo" {
			t.Errorf("Content-Type: want text/x-echo, got %q", got)
		}
	}
}

func chunkedUpload(t *testing.T, s *site) {
	body := pattern(t, 300_000)
	s.do(t, call{path: "/t/sum", body: chunked(body)}).want(t, http.StatusOK).wantBody(t, sumOf(body))
}

func smallChunkedUpload(t *testing.T, s *site) {
	s.do(t, call{path: "/echo", body: chunked([]byte("hello"))}).want(t, http.StatusOK).wantBody(t, "hello")
}

func upload(n int64) func(*testing.T, *site) {
	return func(t *testing.T, s *site) {
		body := pattern(t, n)
		s.do(t, call{path: "/t/sum", body: bytes.NewReader(body)}).want(t, http.StatusOK).wantBody(t, sumOf(body))
	}
}

func download(n int64) func(*testing.T, *site) {
	return func(t *testing.T, s *site) {
		ctx, cancel := context.WithTimeout(t.Context(), patience)
		defer cancel()
		r, err := s.request(ctx, call{path: "/bytes?n=" + itoa(n)})
		if err != nil {
			t.Fatal(err)
		}
		resp, err := s.client.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		got, want := sha256.New(), sha256.New()
		read, err := io.Copy(got, resp.Body)
		if err != nil || read != n {
			t.Fatalf("want %d bytes, got %d and %v", n, read, err)
		}
		if _, err := io.Copy(want, demo.Bytes(n)); err != nil {
			t.Fatal(err)
		}
		if g, w := string(got.Sum(nil)), string(want.Sum(nil)); strings.Compare(g, w) != 0 {
			t.Errorf("checksum: want %x, got %x", w, g)
		}
	}
}
