package netio

import (
	"io"
	"math"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/postern-gateway/postern/internal/netio/netiotest"
)

// What a socket takes of a file is told before the rest is waited for: who sends gives each piece
// its time.
func TestSendFileTellsOfProgress(t *testing.T) {
	f, err := os.Create(filepath.Join(t.TempDir(), "file"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	const size = 64 << 20 // more than any socket takes
	if err := f.Truncate(size); err != nil {
		t.Fatal(err)
	}
	tcp, _ := netiotest.TCP(t)
	unix, _ := netiotest.Unix(t)
	tcp.SetWriteDeadline(time.Now().Add(netiotest.Patience))
	unix.SetWriteDeadline(time.Now().Add(netiotest.Patience))
	for name, send := range map[string]func(*io.LimitedReader) (int64, error){
		"tcp":  func(l *io.LimitedReader) (int64, error) { return sendPiece(tcp, Socket(tcp), l) },
		"unix": func(l *io.LimitedReader) (int64, error) { return sendPiece(unix, Socket(unix), l) },
	} {
		if n, err := send(&io.LimitedReader{R: f, N: size}); n <= 0 || n >= size || err != nil {
			t.Errorf("%s: %d bytes, %v", name, n, err)
		}
	}
}

// TestSendFileWithinAnyLimit: a limit of more than 32 bits is none of 0 where an int has 32.
func TestSendFileWithinAnyLimit(t *testing.T) {
	name := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(name, []byte("hello"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, limit := range []int64{1 << 32, 1<<32 + 3, math.MaxInt64} {
		f, err := os.Open(name)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		unix, _ := netiotest.Unix(t)
		if n, err := SendFile(unix, Socket(unix), f, limit, func() {}); n != 5 || err != nil {
			t.Errorf("of 5 bytes, at most %d: %d, %v", limit, n, err)
		}
	}
}
