package protocoltest

import (
	"bytes"
	"fmt"
	"io"
	"runtime"
	"strconv"
	"sync"

	"github.com/postern-gateway/postern/protocol"
)

// block is what a pattern repeats. Its length is a prime, so that a piece that is lost, doubled or
// moved by the size of a buffer shows.
var block = sync.OnceValue(func() []byte {
	b := make([]byte, 65521)
	for i, x := 0, uint32(1); i < len(b); i++ {
		x = x*1664525 + 1013904223
		b[i] = byte(x >> 24)
	}
	return b
})

// A pattern is an endless stream whose every byte is known.
type pattern struct{ off int64 }

func (p *pattern) Read(b []byte) (n int, err error) {
	for n < len(b) {
		m := copy(b[n:], block()[p.off%int64(len(block())):])
		n, p.off = n+m, p.off+int64(m)
	}
	return n, nil
}

// Write checks that b is what comes next.
func (p *pattern) Write(b []byte) (n int, err error) {
	for n < len(b) {
		want := block()[p.off%int64(len(block())):]
		want = want[:min(len(want), len(b)-n)]
		if !bytes.Equal(want, b[n:n+len(want)]) {
			return n, fmt.Errorf("a wrong byte between %d and %d", p.off, p.off+int64(len(want)))
		}
		n, p.off = n+len(want), p.off+int64(len(want))
	}
	return n, nil
}

// only hides what else a reader or writer can do.
type (
	onlyReader struct{ io.Reader }
	onlyWriter struct{ io.Writer }
)

// compare reads r to its end and checks that it is n bytes of the pattern.
func compare(r io.Reader, n int64) error {
	p := new(pattern)
	if _, err := io.CopyBuffer(onlyWriter{p}, onlyReader{r}, make([]byte, 32<<10)); err != nil {
		return fmt.Errorf("after %d of %d bytes: %w", p.off, n, err)
	}
	if p.off != n {
		return fmt.Errorf("%d bytes, want %d", p.off, n)
	}
	return nil
}

// A gauge passes a stream on, and notes how much live memory there is on the way.
type gauge struct {
	io.Reader
	first, most uint64
	passed      int64
	next        int64
}

// gaugeStep is how many bytes pass between two readings: each costs a garbage collection.
const gaugeStep = 8 << 20

func (g *gauge) Read(p []byte) (int, error) {
	if g.passed >= g.next {
		g.next += gaugeStep
		g.read()
	}
	n, err := g.Reader.Read(p)
	g.passed += int64(n)
	return n, err
}

func (g *gauge) read() {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	if g.first == 0 {
		g.first = m.HeapAlloc
	}
	g.most = max(g.most, m.HeapAlloc)
}

// growth is the most that was live beyond what was live at the start.
func (g *gauge) growth() int64 { return int64(g.most) - int64(g.first) }

// constant is what a stream of any length may hold: far less than what passes.
const constant = 6 << 20

func itoa(n int) string { return strconv.Itoa(n) }

// number reads a variable that a case has set.
func number(r *protocol.Request, name string) int {
	n, err := strconv.Atoi(r.Params.Get(name))
	if err != nil {
		panic(err)
	}
	return n
}
