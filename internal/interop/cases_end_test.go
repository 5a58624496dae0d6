package interop

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"sync"
	"syscall"
	"testing"
	"time"
)

func endCases() []testCase {
	return []testCase{
		{name: "short answer", says: "an answer shorter than its Content-Length is not taken for whole", run: incomplete("/t/short")},
		{name: "short answer, kept", says: "no byte of another answer is in one that is shorter than its Content-Length", run: shortThenAnother},
		{name: "cut answer", says: "a panic amid an answer is not taken for its end", run: incomplete("/t/cut")},
		{name: "client gone", says: "the context ends when the client has gone, though the handler neither reads nor writes", only: inProcess, run: clientGone("")},
		{name: "client gone, writing", says: "a handler that writes to a client that has gone is told", only: inProcess, run: clientGone("&write")},
		{name: "client gone, uploading", says: "a client that goes amid its upload is no end of the body, and the next is served", run: uploadGone},
		{name: "many at once", says: "48 requests at once, with random bodies and some aborts, get each its own answer", run: manyAtOnce},
	}
}

// incomplete checks that the client can tell that the answer is not whole.
func incomplete(path string) func(*testing.T, *site) {
	return func(t *testing.T, s *site) {
		r, err := s.try(t.Context(), call{path: path})
		if err == nil && r.err == nil && r.status < 500 {
			t.Errorf("status %d and %d bytes, taken for whole", r.status, len(r.body))
		}
		hello(t, s)
	}
}

// shortThenAnother asks for an answer that is too short, and for another on the same connection.
func shortThenAnother(t *testing.T, s *site) {
	c, err := net.Dial("tcp", s.addr)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if err := c.SetDeadline(time.Now().Add(patience)); err != nil {
		t.Fatal(err)
	}
	for _, request := range []string{"GET /t/short HTTP/1.1\r\n", "GET /hello HTTP/1.1\r\nConnection: close\r\n"} {
		if _, err := fmt.Fprintf(c, "%sHost: %s\r\n\r\n", request, s.addr); err != nil {
			t.Fatal(err)
		}
	}
	// An error is the end of a connection that was dropped.
	all, _ := io.ReadAll(c)
	if n := bytes.Count(all, []byte("HTTP/1.")); n > 1 && bytes.Contains(all, []byte("Content-Length: 100000")) {
		t.Errorf("another answer follows in the same connection: %.300q", all)
	}
}

func clientGone(query string) func(*testing.T, *site) {
	return func(t *testing.T, s *site) {
		id := t.Name()
		v := s.exercise.visit(id)
		c := s.raw(t, "GET", "/t/gone?id="+escapeQuery(id)+query)
		within(t, "the handler to start", v.started)
		c.Close()
		defer close(v.release)
		select {
		case err := <-v.ended:
			if err == nil {
				t.Error("the handler was told nothing")
			}
		case <-time.After(10 * time.Second):
			t.Error("the handler still runs 10 s after its client has gone")
		}
	}
}

func within(t *testing.T, what string, c <-chan struct{}) {
	t.Helper()
	select {
	case <-c:
	case <-time.After(patience):
		t.Fatalf("waited in vain for %s", what)
	}
}

func uploadGone(t *testing.T, s *site) {
	c := s.raw(t, "POST", "/t/sum", "Content-Length: 3000000")
	if _, err := c.Write(pattern(t, 1_000_000)); err != nil {
		t.Fatal(err)
	}
	c.Close()
	hello(t, s)
}

func manyAtOnce(t *testing.T, s *site) {
	rounds := 8
	if s.protocol == "cgi" {
		rounds = 1 // each request is a process of its own
	}
	flood(t, s, 48, rounds, large)
}

// flood sends n requests at once, each with a body of its own, and takes every sixth back half way.
// Then the same again, rounds times in all.
func flood(t *testing.T, s *site, n, rounds int, w weight) {
	for round := range rounds {
		var wg sync.WaitGroup
		for i := range n {
			wg.Go(func() {
				f := flooder{s, rand.New(rand.NewPCG(uint64(round), uint64(i))), w}
				if err := f.one(t.Context(), i%6 == 5); err != nil {
					t.Errorf("round %d, request %d: %v", round, i, err)
				}
			})
		}
		wg.Wait()
	}
}

// A weight says what a flood's answers are like.
type weight struct {
	echo int // the longest answer, in bytes
	// the front may answer a 500 of its own, which is no answer of ours, and is asked again
	refused bool
}

var large = weight{echo: 100_000}

// A flooder sends one request of a flood. Its answer can be no other's: it holds the request's own
// bytes or their sum.
type flooder struct {
	*site
	*rand.Rand
	weight
}

func (f flooder) one(ctx context.Context, abort bool) error {
	path, n := "/t/sum", f.IntN(100_000)
	if f.IntN(2) == 0 {
		path, n = "/echo", f.IntN(min(n, f.echo)+1)
	}
	body := piece(f.Rand, n)
	switch {
	case abort && f.echo < 100_000:
		return f.leaveUploading(body)
	case abort:
		return f.leaveDownloading(ctx, body)
	}
	reply, err := f.ask(ctx, path, body)
	switch {
	case err != nil:
		return err
	case path == "/echo" && !bytes.Equal(reply, body):
		return fmt.Errorf("another's answer: sent %s, got back %s", sumOf(body), sumOf(reply))
	case path == "/t/sum" && string(reply) != sumOf(body):
		return fmt.Errorf("another's answer: sent %s, got %q", sumOf(body), reply)
	}
	return nil
}

// ask returns the body of a 200.
func (f flooder) ask(ctx context.Context, path string, body []byte) ([]byte, error) {
	for range 20 {
		r, err := f.try(ctx, call{path: path, body: bytes.NewReader(body)})
		switch {
		case f.refused && (errors.Is(err, syscall.EPIPE) || errors.Is(err, syscall.ECONNRESET)):
			// The front has refused it before it took the body.
		case err != nil:
			return nil, err
		case r.err != nil:
			return nil, fmt.Errorf("%d bytes of the answer to %s: %w", len(r.body), path, r.err)
		case r.status == 200:
			return r.body, nil
		case !f.refused || r.status != 500 || !bytes.Contains(r.body, []byte("<h1>500 Internal Server Error</h1>")):
			return nil, fmt.Errorf("status %d: %.200q", r.status, r.body)
		}
	}
	return nil, errors.New("20 times 500 from the front itself")
}

// leaveDownloading asks for more than it reads, and goes.
func (f flooder) leaveDownloading(ctx context.Context, body []byte) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	req, err := f.request(ctx, call{path: "/bytes?n=2000000", body: bytes.NewReader(body)})
	if err != nil {
		return err
	}
	resp, err := f.client.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	got := make([]byte, f.IntN(300_000))
	if _, err := io.ReadFull(resp.Body, got); err != nil {
		return fmt.Errorf("answer to /bytes: status %d: %w", resp.StatusCode, err)
	}
	if !bytes.Equal(got, demoBytes(len(got))) {
		return fmt.Errorf("another's answer to /bytes: status %d, %.100q", resp.StatusCode, got)
	}
	return nil
}

// leaveUploading announces twice what it sends, and goes.
func (f flooder) leaveUploading(body []byte) error {
	c, err := net.Dial("tcp", f.addr)
	if err != nil {
		return err
	}
	defer c.Close()
	_, err = fmt.Fprintf(c, "POST /t/sum HTTP/1.1\r\nHost: %s\r\nContent-Length: %d\r\n\r\n%s", f.addr, 2*len(body)+100, body)
	return err
}
