package fastcgi

import (
	"bytes"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/postern-gateway/postern/protocol"
)

// haproxyBuffer is HAProxy's tune.bufsize by default: it waits for the whole of a record that is
// smaller.
const haproxyBuffer = 16 << 10

// TestHeadInSmallRecord has answers whose head HAProxy 2.6 must not see a part of: it dies of that
// (haproxy#2150).
func TestHeadInSmallRecord(t *testing.T) {
	writers := map[string]func(protocol.ResponseWriter, []byte) error{
		"written at once": func(w protocol.ResponseWriter, b []byte) error { _, err := w.Write(b); return err },
		"copied": func(w protocol.ResponseWriter, b []byte) error {
			_, err := io.Copy(w, struct{ io.Reader }{bytes.NewReader(b)})
			return err
		},
		"a little, then the rest": func(w protocol.ResponseWriter, b []byte) error {
			little := min(len(b), 3000)
			if _, err := w.Write(b[:little]); err != nil {
				return err
			}
			_, err := w.Write(b[little:])
			return err
		},
	}
	for text, write := range writers {
		for _, size := range []int{1, 13_000, 16_200, 16_300, 16_330, 16_340, 16_384, 20_000, 60_000, 200_000} {
			t.Run(fmt.Sprintf("%s/%d", text, size), func(t *testing.T) {
				body := bytes.Repeat([]byte("x"), size)
				f := serve(t, Protocol{}, nil, func(w protocol.ResponseWriter, _ *protocol.Request) error { return write(w, body) })
				f.say(get(1))
				h, content, err := f.record()
				if err != nil {
					t.Fatal(err)
				}
				_, first, whole := bytes.Cut(content, []byte("\r\n\r\n"))
				if h.typ != typeStdout || !whole {
					t.Errorf("%v record without a whole head: %.100q", h.typ, content)
				}
				if n := h.content + h.padding; n >= haproxyBuffer {
					t.Errorf("the head is in a record of %d bytes, want less than %d", n, haproxyBuffer)
				}
				seen := string(first)
				if rest, _, _ := f.answer(1); seen+rest != strings.Repeat("x", size) {
					t.Errorf("%d bytes of body, want %d", len(seen+rest), size)
				}
			})
		}
	}
}
