package cgi

import (
	"bytes"
	"context"
	"errors"
	"io"
	"runtime"
	"testing"

	"github.com/postern-gateway/postern/protocol"
)

// A script that reads a byte a second holds up nobody else and nothing but what the pipe takes; it
// ends when its client goes.
func TestScriptThatReadsAByteASecond(t *testing.T) {
	b := newBench(t)
	b.sh(`[ "$QUERY_STRING" = quick ] && { printf 'X: 1\n\nquick'; exit; }
` + forker + `printf 'X: 1\n\nready'
while dd bs=1 count=1 of=/dev/null 2>/dev/null; do sleep 1; done`)
	ctx, cancel := context.WithCancelCause(t.Context())
	src := &counted{Reader: bytes.NewReader(make([]byte, 10e6))}
	resp, err := b.c.RoundTrip(ctx, post("/", src, 10e6))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.ReadFull(resp.Body, make([]byte, 5)); err != nil {
		t.Fatal(err)
	}
	for src.n.Load() == 0 { // the script is being fed
		runtime.Gosched()
	}
	for range 20 {
		b.want(b.do(get("/?quick")), "quick")
	}
	if n := src.n.Load(); n > largePipe+2*pipeSize {
		t.Errorf("%d bytes taken in", n)
	}
	cancel(errors.New("the client is gone"))
	if _, err := io.ReadAll(resp.Body); !errors.Is(err, protocol.ErrAborted) {
		t.Errorf("the response ended with %v", err)
	}
	resp.Body.Close()
	b.closed()
	b.wantGone("script.cgi.leader", "script.cgi.child")
}
