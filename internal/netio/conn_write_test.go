package netio

import (
	"bytes"
	"errors"
	"io"
	"net"
	"os"
	"path/filepath"
	"testing"

	"github.com/postern-gateway/postern/internal/netio/netiotest"
)

// heard returns what the peer of a connection hears while f writes to it.
func heard(t *testing.T, server, peer net.Conn, f func(b *Conn)) []byte {
	t.Helper()
	got := make(chan []byte)
	go func() {
		p, _ := io.ReadAll(peer)
		got <- p
	}()
	b := New(server, nil)
	f(b)
	b.Close()
	return <-got
}

// Whatever is written in whichever pieces arrives in its order.
func TestWrites(t *testing.T) {
	pattern := make([]byte, 3*writePiece)
	for i := range pattern {
		pattern[i] = byte(i * 13 >> 4)
	}
	server, peer := netiotest.Unix(t)
	var want []byte
	got := heard(t, server, peer, func(b *Conn) {
		for _, n := range []int{1, 0, 100, BufferSize - 101, 1, BufferSize, BufferSize + 1, 5, writePiece, 7, 2*writePiece + 3, 0, 9} {
			want = append(want, pattern[:n]...)
			if m, err := b.Write(pattern[:n]); m != n || err != nil {
				t.Errorf("%d of %d bytes, %v", m, n, err)
			}
		}
		b.SetOut(append(b.Out(), "out"...))
		b.Send([]byte("sent"))
		b.Send([]byte("again"))
		b.Flush()
		want = append(want, "outsentagain"...)
	})
	if !bytes.Equal(got, want) {
		t.Errorf("%d bytes arrived of %d", len(got), len(want))
	}
}

// A small answer leaves in one write.
func TestOneWrite(t *testing.T) {
	for _, size := range []int{0, 10, BufferSize - 100, BufferSize, 4 * BufferSize} {
		server, peer := netiotest.Packets(t)
		b := New(server, nil)
		b.SetOut(append(b.Out(), "the head, "...))
		b.Write(make([]byte, size))
		b.Flush()
		if n, err := peer.Read(make([]byte, 1<<20)); n != size+10 || err != nil {
			t.Errorf("%d bytes, %v; want %d", n, err, size+10)
		}
	}
}

// A file goes out by what the system has for it, with what was buffered before it and no byte more
// than asked for.
func TestReadFromFile(t *testing.T) {
	content := bytes.Repeat([]byte("0123456789abcdef"), 600<<10) // 9.6 MB: more than one piece
	path := filepath.Join(t.TempDir(), "f")
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
	tcp, tcpPeer := netiotest.TCP(t)
	tcp2, tcpPeer2 := netiotest.TCP(t)
	unix, unixPeer := netiotest.Unix(t)
	unix2, unixPeer2 := netiotest.Unix(t)
	for _, row := range []struct {
		server, peer net.Conn
		limit        int64 // 0: none
	}{{tcp, tcpPeer, 0}, {tcp2, tcpPeer2, 5<<20 + 1}, {unix, unixPeer, 0}, {unix2, unixPeer2, 5<<20 + 1}} {
		f, err := os.Open(path)
		if err != nil {
			t.Fatal(err)
		}
		want := content
		var r io.Reader = f
		if row.limit > 0 {
			r, want = io.LimitReader(f, row.limit), content[:row.limit]
		}
		got := heard(t, row.server, row.peer, func(b *Conn) {
			b.Write([]byte("head"))
			if regular, _ := Regular(r); regular == nil {
				t.Error("the file is not taken for one")
			}
			if n, err := b.ReadFrom(r); n != int64(len(want)) || err != nil {
				t.Errorf("%d bytes, %v", n, err)
			}
			if l, ok := r.(*io.LimitedReader); ok && l.N != 0 {
				t.Errorf("%d bytes of the limit are left", l.N)
			}
			b.Write([]byte("tail"))
			b.Flush()
		})
		if !bytes.Equal(got, append(append([]byte("head"), want...), "tail"...)) {
			t.Errorf("limit %d: %d bytes arrived", row.limit, len(got))
		}
		f.Close()
	}
}

// A source that ends before its limit, one of no bytes, one that fails.
func TestReadFromReader(t *testing.T) {
	server, peer := netiotest.Unix(t)
	broken := errors.New("broken")
	got := heard(t, server, peer, func(b *Conn) {
		for _, row := range []struct {
			r    io.Reader
			want int64
			err  error
		}{
			{bytes.NewReader([]byte("abc")), 3, nil},
			{io.LimitReader(bytes.NewReader([]byte("def")), 100), 3, nil},
			{io.LimitReader(bytes.NewReader([]byte("ghi")), 2), 2, nil},
			{bytes.NewReader(nil), 0, nil},
			{io.MultiReader(bytes.NewReader([]byte("jkl")), errReader{broken}), 3, broken},
		} {
			if n, err := b.ReadFrom(row.r); n != row.want || !errors.Is(err, row.err) {
				t.Errorf("%d, %v", n, err)
			}
		}
	})
	if string(got) != "abcdefghjkl" {
		t.Errorf("%q", got)
	}
}

type errReader struct{ err error }

func (r errReader) Read([]byte) (int, error) { return 0, r.err }
