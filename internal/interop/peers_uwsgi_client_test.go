package interop

import (
	"context"
	"crypto/sha1"
	"errors"
	"fmt"
	"io"
	"net"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/postern-gateway/postern/protocol"
	"github.com/postern-gateway/postern/uwsgi"
	"github.com/postern-gateway/postern/uwsgi/rpc"
)

// A sayingNode answers every call with the same bytes and closes, or says nothing.
type sayingNode struct{ net.Listener }

func startSayingNode(t *testing.T, says string) *sayingNode {
	t.Helper()
	l, err := net.Listen("unix", filepath.Join(t.TempDir(), "s"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer c.Close()
				c.SetDeadline(time.Now().Add(patience))
				if says == "" {
					io.Copy(io.Discard, c) // until the caller goes
					return
				}
				io.ReadFull(c, make([]byte, len(arrayPacket(0, "hello", "a"))))
				io.WriteString(c, says)
			}()
		}
	}()
	return &sayingNode{l}
}

// longAnswer is what stands before a long result.
func longAnswer(namesAndValues ...string) string {
	var block []byte
	for _, s := range namesAndValues {
		block = uwsgi.AppendString(block, s)
	}
	return string(uwsgi.AppendHeader(nil, uwsgi.Header{Modifier1: uwsgi.ModifierRPC, Size: len(block), Modifier2: 5})) + string(block)
}

// TestUWSGIRPCClientDefects says what uWSGI's client makes of an answer, and what ours does.
func TestUWSGIRPCClientDefects(t *testing.T) {
	needPeers(t)
	t.Parallel()
	theirs := &rpc.Client{Dial: rpcDial("unix", startUWSGIRPC(t, "--socket-timeout", "1"))}
	sum := func(s string) string { return fmt.Sprintf("%d %x", len(s), sha1.Sum([]byte(s))) }
	for _, row := range []struct {
		text, says string
		theirs     string // the result, or None
		ours       string // the result
		fails      error  // or an error of ours
	}{
		{"a result", "\xad\x02\x00\x00hi", sum("hi"), "hi", nil},
		{"another modifier1", "\x00\x02\x00\x00hi", sum("hi"), "hi", nil},
		{"another modifier2", "\xff\x02\x00\x07hi", sum("hi"), "hi", nil},
		{"bytes behind the result", "\xad\x02\x00\x00hi and more", sum("hi"), "hi", nil},
		{"an empty result is none", "\xad\x00\x00\x00", "None", "", nil},
		{"a long answer", longAnswer("CONTENT_LENGTH", "2") + "hi", sum("hi"), "hi", nil},
		{"a long answer with further variables", longAnswer("A", "b", "CONTENT_LENGTH", "2") + "hi and more", sum("hi"), "hi", nil},
		{"a long answer of no bytes is none", longAnswer("CONTENT_LENGTH", "0"), "None", "", nil},
		{"a long answer without a length", longAnswer("A", "b"), "None", "", protocol.ErrUpstream},
		{"a long answer that is short", longAnswer("CONTENT_LENGTH", "10") + "hi", "None", "", protocol.ErrUpstream},
		{"a long answer that declares more than there is memory", longAnswer("CONTENT_LENGTH", "4611686018427387904") + "hi", "None", "", protocol.ErrTooLarge},
		{"a short answer", "\xad\x0a\x00\x00hi", "None", "", protocol.ErrUpstream},
		{"half a header", "\xad\x0a", "None", "", protocol.ErrUpstream},
		{"silence for longer than its socket-timeout, which is 4 s unless it is told", "", "None", "", protocol.ErrUpstream},
	} {
		node := startSayingNode(t, row.says)
		ctx, cancel := context.WithTimeout(t.Context(), patience)
		defer cancel()
		b, err := theirs.Call(ctx, "relay", []byte(node.Addr().String()), []byte("hello"), []byte("1,"))
		if string(b) != row.theirs || err != nil {
			t.Errorf("%s: uWSGI makes %q of it, %v, want %q", row.text, b, err, row.theirs)
		}
		c := &rpc.Client{Dial: rpcDial("unix", node.Addr().String()), Limits: &protocol.Limits{FirstByteTimeout: 100 * time.Millisecond}}
		if b, err = c.Call(ctx, "hello", []byte("a")); string(b) != row.ours || !errors.Is(err, row.fails) {
			t.Errorf("%s: ours makes %q of it, %v, want %q, %v", row.text, b, err, row.ours, row.fails)
		}
	}
}

// TestUWSGIRPCNames registers functions with uWSGI: how long a name may be, how many there may be,
// one twice, and one in a worker, which the other does not have.
func TestUWSGIRPCNames(t *testing.T) {
	needPeers(t)
	t.Parallel()
	app, err := filepath.Abs("testdata/peers/rpc_names.py")
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	first, second := filepath.Join(dir, "1"), filepath.Join(dir, "2")
	uwsgiProgram(t, first, "--plugin", "python3", "--plugin", "rpc", "--wsgi-file", app, "--processes", "2",
		"--uwsgi-socket", first, "--uwsgi-socket", second, "--map-socket", "0:1", "--map-socket", "1:2")
	for _, row := range []struct {
		socket, name string
		args         []string
		want         string // "" is none
	}{
		{first, "said", []string{"255"}, "yes"},
		{first, strings.Repeat("n", 255), nil, "long"},
		{first, "said", []string{"256"}, "no"},
		{first, "said", []string{"twice"}, "yes"},
		{first, "twice", nil, "second"},
		{first, "said", []string{"room"}, "64"},
		{first, "late", []string{"twice"}, "yes"},
		{first, "twice", nil, "registered late"},
		{second, "twice", nil, "second"},
	} {
		ctx, cancel := context.WithTimeout(t.Context(), patience)
		defer cancel()
		args := make([][]byte, len(row.args))
		for i, a := range row.args {
			args[i] = []byte(a)
		}
		if b, err := (&rpc.Client{Dial: rpcDial("unix", row.socket)}).Call(ctx, row.name, args...); string(b) != row.want || err != nil {
			t.Errorf("%.10s %v: %q, %v, want %q", row.name, row.args, b, err, row.want)
		}
	}
}
