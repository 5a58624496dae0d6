package netio

import "sync"

// BufferSize is the size of an input and of an output buffer.
const BufferSize = 16 << 10

type buffer [BufferSize]byte

var buffers = sync.Pool{New: func() any { return new(buffer) }}

func getBuffer() []byte { return buffers.Get().(*buffer)[:] }

// putBuffer gives a buffer back. One that was made larger is left to the collector.
func putBuffer(b []byte) {
	if cap(b) == BufferSize {
		buffers.Put((*buffer)(b[:BufferSize]))
	}
}

// outgrown are buffers of twice, four and eight times the size that were too small, for others that
// grow.
var outgrown [3]sync.Pool

// outgrownOf is where buffers of that size are; nil: nowhere.
func outgrownOf(size int) *sync.Pool {
	for i := range outgrown {
		if size == BufferSize<<(i+1) {
			return &outgrown[i]
		}
	}
	return nil
}

// replace returns a buffer of that size with what b has, and gives b back.
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
