package bufpool_test

import (
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/postern-gateway/postern/internal/bufpool"
)

func Example() {
	buf := bufpool.KiB4.Get()
	defer bufpool.KiB4.Put(buf)
	n, err := io.ReadFull(strings.NewReader("hello"), buf[:5])
	fmt.Printf("%d of %d bytes: %s %v\n", n, len(buf), buf[:n], err)
	// Output: 5 of 4096 bytes: hello <nil>
}

func TestSizes(t *testing.T) {
	for _, row := range []struct{ got, want int }{
		{len(bufpool.KiB4.Get()), 4096}, {len(bufpool.KiB16.Get()), 16384},
		{len(bufpool.KiB32.Get()), 32768}, {len(bufpool.KiB64.Get()), 65536},
	} {
		if row.got != row.want {
			t.Errorf("%d bytes, want %d", row.got, row.want)
		}
	}
}

// Buffers in use are not the same one.
func TestGetTwice(t *testing.T) {
	var p bufpool.Pool[[8]byte]
	a, b := p.Get(), p.Get()
	a[0], b[0] = 1, 2
	if a == b || a[0] != 1 {
		t.Errorf("%p, %p: %d", a, b, a[0])
	}
}
