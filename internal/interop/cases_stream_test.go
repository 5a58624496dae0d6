package interop

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"testing"
)

func streamCases() []testCase {
	return []testCase{
		{name: "stream", says: "flushed lines all arrive", run: stream},
		{name: "flush", says: "what is flushed is seen before the handler goes on", only: inProcess, run: flush},
		{name: "early answer", says: "an answer to 10 MB that the handler never reads arrives whole", run: earlyAnswer},
		{name: "write before read", says: "a handler that writes 200 KB first still gets all of 12 MB", run: writeBeforeRead},
	}
}

func itoa(n int64) string { return strconv.FormatInt(n, 10) }

func stream(t *testing.T, s *site) {
	var want strings.Builder
	for i := range 5 {
		fmt.Fprintf(&want, "line %d of 5\n", i+1)
	}
	s.get(t, "/stream?n=5&ms=1").wantBody(t, want.String())
}

func flush(t *testing.T, s *site) {
	id := t.Name()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	r, err := s.request(ctx, call{path: "/t/flush?id=" + escapeQuery(id)})
	if err != nil {
		t.Fatal(err)
	}
	resp, err := s.client.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	b := bufio.NewReader(resp.Body)
	if line, err := b.ReadString('\n'); line != "first\n" {
		t.Fatalf("want the first line, got %q and %v", line, err)
	}
	close(s.exercise.visit(id).release)
	if rest, err := io.ReadAll(b); string(rest) != "second\n" || err != nil {
		t.Fatalf("want the second line, got %q and %v", rest, err)
	}
}

// earlyAnswer goes on sending whatever comes back, as curl does.
func earlyAnswer(t *testing.T, s *site) {
	const size = 10 << 20
	c := s.raw(t, "POST", "/t/early", "Content-Length: "+itoa(size))
	sent := make(chan struct{})
	go func() {
		defer close(sent)
		_, _ = c.Write(make([]byte, size)) // the front may cut this off once it has answered
	}()
	resp, err := http.ReadResponse(bufio.NewReader(c), nil)
	if err != nil {
		t.Fatal(err)
	}
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatalf("after %d bytes: %v", len(body), err)
	}
	(&reply{status: resp.StatusCode, body: body}).want(t, http.StatusRequestEntityTooLarge).wantBody(t, earlyBody)
	c.Close()
	<-sent
	hello(t, s)
}

func writeBeforeRead(t *testing.T, s *site) {
	body := pattern(t, 12<<20)
	r := s.do(t, call{path: "/t/before", body: bytes.NewReader(body)}).want(t, http.StatusOK)
	if len(r.body) < beforeBytes || !bytes.Equal(r.body[:beforeBytes], pattern(t, beforeBytes)) {
		t.Fatalf("the first 200 KB are not whole: %d bytes", len(r.body))
	}
	if got, want := string(r.body[beforeBytes:]), sumOf(body); got != want {
		t.Errorf("the handler read: want %s, got %s", want, got)
	}
}
