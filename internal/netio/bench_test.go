package netio

import (
	"io"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/postern-gateway/postern/internal/netio/netiotest"
)

// What a file of 16 MB costs on its way to a front on a Unix socket, in CPU time of both sides.
func BenchmarkFileToUnix(b *testing.B) {
	path := filepath.Join(b.TempDir(), "f")
	if err := os.WriteFile(path, make([]byte, 16<<20), 0o600); err != nil {
		b.Fatal(err)
	}
	server, peer := netiotest.Unix(b)
	server.SetDeadline(time.Time{})
	peer.SetDeadline(time.Time{})
	go func() {
		buf := make([]byte, 256<<10)
		for {
			if _, err := peer.Read(buf); err != nil {
				return
			}
		}
	}()
	c := New(server, nil)
	before := cpu()
	b.SetBytes(16 << 20)
	for b.Loop() {
		f, err := os.Open(path)
		if err != nil {
			b.Fatal(err)
		}
		if _, err := c.ReadFrom(io.LimitReader(f, 16<<20)); err != nil {
			b.Fatal(err)
		}
		f.Close()
	}
	b.ReportMetric(float64(cpu()-before)/float64(b.N), "cpu-ns/op")
}

func cpu() time.Duration {
	var u syscall.Rusage
	syscall.Getrusage(syscall.RUSAGE_SELF, &u)
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
