package netio

import (
	"syscall"

	"github.com/postern-gateway/postern/internal/rawio"
)

// A NowWriter writes to a socket what that takes without waiting, and so needs no deadline. One
// goroutine at a time may use it.
type NowWriter struct {
	raw syscall.RawConn
	try func(fd uintptr) bool // tryWrite, allocated once
	p   []byte                // what it is to write
	n   int                   // how much of that was written
}

// Init has w write to raw, unless it does so already.
func (w *NowWriter) Init(raw syscall.RawConn) {
	if w.try == nil {
		w.raw, w.try = raw, w.tryWrite
	}
}

// Write returns how much of p was written. After an error that is 0: the write that follows, which
// may wait, meets the error again.
func (w *NowWriter) Write(p []byte) int {
	w.p, w.n = p, 0
	err := w.raw.Write(w.try)
	w.p = nil
	if err != nil {
		return 0
	}
	return w.n
}

// tryWrite writes once without blocking. It is called by raw.Write.
func (w *NowWriter) tryWrite(fd uintptr) bool {
	n, _ := rawio.Write(int(fd), w.p)
	w.n = max(n, 0)
	return true
}
