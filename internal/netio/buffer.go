package netio

import (
	"sync"

	"github.com/postern-gateway/postern/internal/bufpool"
)

// BufferSize is the size of an input and of an output buffer.
const BufferSize = 16 << 10

func getBuffer() []byte { return bufpool.KiB16.Get()[:] }

// putBuffer gives a buffer back. One that was made larger is left to the garbage collector.
func putBuffer(b []byte) {
	if cap(b) == BufferSize {
		bufpool.KiB16.Put((*[BufferSize]byte)(b[:BufferSize]))
	}
}

// outgrown are buffers of two, four and eight times BufferSize that became too small. A connection
// whose head is larger needs them in turn.
var outgrown [3]sync.Pool

// outgrownOf returns the pool of buffers of that size, or nil.
func outgrownOf(size int) *sync.Pool {
	for i := range outgrown {
		if size == BufferSize<<(i+1) {
			return &outgrown[i]
		}
	}
	return nil
}

// replace returns a buffer of that size with the content of b, and gives b to its pool.
func replace(b []byte, size int) []byte {
	var larger []byte
	if p := outgrownOf(size); p != nil {
		if have, ok := p.Get().(*[]byte); ok {
			larger = *have
		}
	}
	if larger == nil {
		larger = make([]byte, size)
	}
	copy(larger, b)
	if p := outgrownOf(len(b)); p != nil {
		p.Put(&b)
	}
	putBuffer(b)
	return larger
}
