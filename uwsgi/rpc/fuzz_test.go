package rpc

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"strings"
	"testing"

	"github.com/postern-gateway/postern/internal/netio/netiotest"
	"github.com/postern-gateway/postern/uwsgi"
)

// An array that is read is the one that is written.
func FuzzConsumeArray(f *testing.F) {
	for _, row := range calls {
		if len(row.bytes) < 1000 {
			f.Add([]byte(row.bytes[4:]), false)
		}
	}
	for _, row := range badArrays {
		f.Add([]byte(row.block), row.skipEmpty)
	}
	f.Fuzz(func(t *testing.T, block []byte, skipEmpty bool) {
		name, args, err := consumeArray(block, skipEmpty, nil)
		if err != nil {
			return
		}
		b, err := appendCall(nil, 0, string(name), args)
		if len(block) > uwsgi.MaxBlock {
			return
		}
		if err != nil || !skipEmpty && !bytes.Equal(b[4:], block) {
			t.Fatalf("%q is not %q: %v", b, block, err)
		}
	})
}

// An answer is read in the same way however much of it has come; no strict prefix of it is one.
func FuzzConsumeAnswer(f *testing.F) {
	for _, row := range answers {
		f.Add([]byte(row.bytes))
	}
	f.Add(appendFailure(nil, 404, "no"))
	f.Add([]byte("HTTP/1.1 501 Not Implemented\r\n\r\n"))
	f.Fuzz(func(t *testing.T, b []byte) {
		length, n, err := consumeAnswer(b)
		if n == 0 || err != nil {
			return
		}
		if length < 0 || n > len(b) {
			t.Fatalf("%d, %d of %d bytes", length, n, len(b))
		}
		if again, m, err := consumeAnswer(b[:n]); again != length || m != n || err != nil {
			t.Fatalf("%d, %d, %v", again, m, err)
		}
		if _, m, err := consumeAnswer(b[:n-1]); m != 0 || err != nil {
			t.Fatalf("a prefix of %d of %d bytes, %v", m, n, err)
		}
	})
}

// Whatever a packet holds, a call of form 0 is answered by a packet, and no call panics.
func FuzzServe(f *testing.F) {
	for _, row := range calls {
		if len(row.bytes) < 1000 {
			f.Add(row.form, []byte(row.bytes[4:]))
		}
	}
	for _, row := range badArrays {
		f.Add(uint8(0), []byte(row.block))
	}
	f.Add(uint8(formPath), []byte(path("PATH_INFO", "/hello/a")[4:]))
	r := new(Registry)
	r.Log = slog.New(slog.DiscardHandler)
	r.Register("hello", func(_ context.Context, args [][]byte) ([]byte, error) { return bytes.Join(args, nil), nil })
	f.Fuzz(func(t *testing.T, form uint8, block []byte) {
		if len(block) > uwsgi.MaxBlock {
			return
		}
		b, log := netiotest.Play(stream(r).Protocol, nil, netiotest.Report, []byte(packet(form, string(block))), nil)
		if strings.Contains(log, "panic") {
			t.Fatal(log)
		}
		if form != formPacket {
			return
		}
		length, n, err := consumeAnswer(b)
		if _, ok := errors.AsType[*Error](err); !ok && (err != nil || n == 0 || int64(len(b)-n) != length) {
			t.Fatalf("%q: %d, %d, %v", b, length, n, err)
		}
	})
}
