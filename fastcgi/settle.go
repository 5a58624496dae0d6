package fastcgi

import (
	"io"
	"time"

	"github.com/postern-gateway/postern/protocol"
)

// finish ends the exchange after a response that is whole. A connection that is good for another request is kept. One whose END_REQUEST
// is still to come holds up nobody: it waits for that by itself.
func (x *exchange) finish() {
	if !x.ended.CompareAndSwap(false, true) {
		return
	}
	free := x.stop() && x.sent.Load()
	if !x.over && free {
		x.over = x.peek() == io.EOF
	}
	if x.over || !free {
		x.part(free)
		x.giveBack()
		return
	}
	x.giveBack()
	x.request = &protocol.Request{Params: protocol.Pairs("REQUEST_METHOD", x.request.Method(), "REQUEST_URI", x.request.RequestURI())}
	go x.awaitEnd()
}

// part keeps the connection for another request, if it is good for one, or closes it.
func (x *exchange) part(free bool) {
	if x.patience.Stop(); free && x.clean && x.c.MaxIdle > 0 {
		x.c.put(x.l, x.lim.IdleTimeout)
		return
	}
	x.l.close()
	x.l.in.release()
}

// awaitEnd reads to END_REQUEST, for ReadTimeout at most. The request itself may be gone by now.
func (x *exchange) awaitEnd() {
	x.patience.Stop()
	if x.lim.ReadTimeout > 0 {
		x.l.nc.SetReadDeadline(time.Now().Add(x.lim.ReadTimeout))
	}
	buf := pieces.Get().(*piece)
	defer pieces.Put(buf)
	x.rest = nil
	for {
		_, err := x.readRecord(buf[:])
		switch err {
		case nil:
			x.body.Surplus()
			continue
		case io.EOF:
			x.l.nc.SetReadDeadline(time.Time{})
		}
		x.part(err == io.EOF)
		return
	}
}
