package netio

import (
	"sync"
	"syscall"

	"github.com/postern-gateway/postern/internal/rawio"
)

// A nowWriter is one call of WriteNow.
type nowWriter struct {
	try func(fd uintptr) bool // tryWrite, allocated once
	p   []byte                // what it is to write
	n   int                   // how much of that was written
}

var nowWriters = sync.Pool{New: func() any {
	w := new(nowWriter)
	w.try = w.tryWrite
	return w
}}

// WriteNow writes to a socket what that takes without waiting, and so needs no deadline. It returns
// how much of p was written. After an error that is 0: the write that follows, which may wait,
// meets the error again.
func WriteNow(raw syscall.RawConn, p []byte) int {
	w := nowWriters.Get().(*nowWriter)
	defer nowWriters.Put(w)
	w.p, w.n = p, 0
	err := raw.Write(w.try)
	w.p = nil
	if err != nil {
		return 0
	}
	return w.n
}

// tryWrite writes once without blocking. It is called by raw.Write.
func (w *nowWriter) tryWrite(fd uintptr) bool {
	n, _ := rawio.Write(int(fd), w.p)
	w.n = max(n, 0)
	return true
}
