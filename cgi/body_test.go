package cgi

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/postern-gateway/postern/protocol"
)

// onlyReader hides every other method.
type onlyReader struct{ io.Reader }

// patterned is n bytes in which every piece differs from its neighbours.
func patterned(n int) string {
	var b strings.Builder
	for i := 0; b.Len() < n; i++ {
		b.WriteString("0123456789abcdef"[i%16 : i%16+1])
		b.WriteByte(byte('a' + i/16%26))
	}
	return b.String()[:n]
}

const catSh = `printf 'X: 1\n\n'; exec cat`

func TestBodies(t *testing.T) {
	for _, row := range []struct {
		text   string
		script string
		body   string
		length int64 // -1: as unknown
		want   string
	}{
		{"none", catSh, "", 0, ""},
		{"small", catSh, "hello", 5, "hello"},
		{"as large as is taken in first", catSh, patterned(smallBody), smallBody, patterned(smallBody)},
		{"one more", catSh, patterned(smallBody + 1), smallBody + 1, patterned(smallBody + 1)},
		{"3 MB both ways", catSh, patterned(3e6), 3e6, patterned(3e6)},
		{"fcgiwrap hangs: 200 KB out before 1 MB in", `printf 'X: 1\n\n'; head -c 200000 /dev/zero | tr '\0' x; cat`,
			patterned(1e6), 1e6, strings.Repeat("x", 200000) + patterned(1e6)},
		{"never read", printed(`X: 1\n\nbody`), patterned(1e6), 1e6, "body"},
		{"small, never read", printed(`X: 1\n\nbody`), "hello", 5, "body"},
		{"read in part", printed(`X: 1\n\n`) + "head -c 5", patterned(1e6), 1e6, patterned(5)},
		{"standard input closed", "exec <&-\n" + printed(`X: 1\n\nbody`), patterned(1e6), 1e6, "body"},
		{"longer than declared", catSh, "hello and more", 5, "hello"},
		{"unknown length", `printf "X: 1\n\n$CONTENT_LENGTH "; exec cat`, "hello", -1, "5 hello"},
		{"unknown length, none", `printf "X: 1\n\n${CONTENT_LENGTH-unset} "; exec cat`, "", -1, "unset "},
		{"unknown length, beyond memory", `printf "X: 1\n\n$CONTENT_LENGTH "; exec cat`, patterned(1e6), -1, "1000000 " + patterned(1e6)},
		{"unknown length, never read", printed(`X: 1\n\nbody`), patterned(1e6), -1, "body"},
	} {
		t.Run(row.text, func(t *testing.T) {
			b := newBench(t)
			b.sh(row.script)
			b.want(b.do(post("/", onlyReader{strings.NewReader(row.body)}, row.length)), row.want)
			b.closed()
		})
	}
}

func TestBadBodies(t *testing.T) {
	for _, row := range []struct {
		text   string
		length int64
		body   io.Reader
		lim    protocol.Limits
		status int
		why    string
	}{
		{"small and short", 10, strings.NewReader("hello"), protocol.Limits{}, 400, "unexpected EOF"},
		{"short", 1e6, strings.NewReader("hello"), protocol.Limits{}, 400, "unexpected EOF"},
		{"fails", 1e6, io.MultiReader(strings.NewReader("hello"), broken{}), protocol.Limits{}, 400, "broken"},
		{"unknown length, fails", -1, io.MultiReader(strings.NewReader("hello"), broken{}), protocol.Limits{}, 400, "broken"},
		{"unknown length, too long", -1, strings.NewReader(patterned(1000)), protocol.Limits{SpoolMemory: 100, Spool: 800}, 413, "1000 > 900 bytes"},
	} {
		t.Run(row.text, func(t *testing.T) {
			b := newBench(t)
			b.c.Limits = &row.lim
			b.sh("cat >/dev/null; " + printed(`X: 1\n\ncomplete`))
			b.wantFailure(b.do(post("/", onlyReader{row.body}, row.length)), row.status, row.why)
			b.closed()
		})
	}
}

type broken struct{}

func (broken) Read([]byte) (int, error) { return 0, errors.New("broken") }

func TestNowhereToSpool(t *testing.T) {
	b := newBench(t)
	t.Setenv("TMPDIR", "/nonexistent")
	b.c.Limits = &protocol.Limits{SpoolMemory: 10}
	b.sh(catSh)
	b.wantFailure(b.do(post("/", strings.NewReader(patterned(1000)), -1)), http.StatusInsufficientStorage, "spool body")
}

// The client goes in the middle of its body: the script must not take what it got for all.
func TestClientGoesInTheMiddleOfItsBody(t *testing.T) {
	b := newBench(t)
	b.sh(forker + "cat >/dev/null; echo complete >$0.complete")
	ctx, cancel := context.WithCancelCause(t.Context())
	r, w := io.Pipe()
	go func() {
		io.WriteString(w, patterned(200000))
		cancel(errors.New("the client is gone"))
		w.CloseWithError(io.ErrUnexpectedEOF)
	}()
	res := b.doContext(ctx, post("/", r, 1e6))
	if res.Err == nil || res.Status != 400 {
		t.Fatal(res)
	}
	b.closed()
	b.wantGone("script.cgi.leader", "script.cgi.child")
}

// What goes in comes out while there is more to come.
func TestFullDuplex(t *testing.T) {
	b := newBench(t)
	b.sh(catSh)
	r, w := io.Pipe()
	resp, err := b.c.RoundTrip(t.Context(), post("/", r, 1e6))
	if err != nil {
		t.Fatal(err)
	}
	buf := make([]byte, 100)
	for _, line := range []string{"one", "two", "three"} {
		io.WriteString(w, line)
		if n, err := resp.Body.Read(buf); err != nil || string(buf[:n]) != line {
			t.Fatalf("%q %v", buf[:n], err)
		}
	}
	w.Close()
	if _, err := io.ReadAll(resp.Body); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Fatal(err)
	}
	resp.Body.Close()
}

// A byte at a time, in and out.
func TestByteByByte(t *testing.T) {
	b := newBench(t)
	b.sh(`printf 'X: 1\n\n'; dd bs=1 2>/dev/null`)
	body := patterned(10000)
	b.want(b.do(post("/", oneByteReader{strings.NewReader(body)}, int64(len(body)))), body)
}

type oneByteReader struct{ io.Reader }

func (r oneByteReader) Read(p []byte) (int, error) { return r.Reader.Read(p[:min(len(p), 1)]) }

// The script reads slowly; nothing is held for it but what the pipe holds.
func TestBodyIsNotTakenInAhead(t *testing.T) {
	b := newBench(t)
	// sh has its output open until cat is done
	b.sh(printed(`X: 1\n\nready`) + "read go <$0.go; cat >/dev/null; exit")
	path := b.fifo("script.cgi.go")
	src := &counted{Reader: bytes.NewReader(make([]byte, 10e6))}
	resp, err := b.c.RoundTrip(t.Context(), post("/", src, 10e6))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.ReadFull(resp.Body, make([]byte, 5)); err != nil {
		t.Fatal(err)
	}
	if n := src.n.Load(); n > largePipe+2*pipeSize {
		t.Fatalf("%d bytes taken in", n)
	}
	b.write("x", "")
	go writeFile(path, "go\n")
	if _, err := io.ReadAll(resp.Body); err != nil {
		t.Fatal(err)
	}
	if n := src.n.Load(); n != 10e6 {
		t.Fatalf("%d bytes in all", n)
	}
	resp.Body.Close()
}

type counted struct {
	io.Reader
	n atomic.Int64
}

func (c *counted) Read(p []byte) (int, error) {
	n, err := c.Reader.Read(p)
	c.n.Add(int64(n))
	return n, err
}
