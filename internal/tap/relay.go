package tap

import (
	"errors"
	"io"
	"net"
	"sync"
	"syscall"
	"time"

	"github.com/postern-gateway/postern/internal/bufpool"
	"github.com/postern-gateway/postern/internal/netio"
	"github.com/postern-gateway/postern/protocol"
)

// A relay passes the bytes of one connection on, both ways. An end of one side is passed on as one,
// and so is a reset, as far as the system can: see reset. At most one buffer a way is held here, so
// that who reads slowly slows down who sends.
type relay struct {
	queue *eventQueue
	conn  *Conn
	noted bool     // the queue has it
	lost  [2]int64 // bytes of each side that the queue had no room for

	front net.Conn

	mu      sync.Mutex
	back    net.Conn
	isCut   bool     // both connections are to be reset
	ended   [2]bool  // no more comes from this side
	refuses [2]error // why this side takes no more
}

// run passes on until both sides have ended.
func (r *relay) run(back net.Conn) {
	r.mu.Lock()
	if r.back = back; r.isCut { // before the backend had answered the call
		netio.ResetOnClose(back)
	}
	r.mu.Unlock()
	var both sync.WaitGroup
	both.Go(func() { r.pass(protocol.RequestSide, back, r.front) })
	both.Go(func() { r.pass(protocol.ResponseSide, r.front, back) })
	both.Wait()
	r.front.Close()
	back.Close()
	r.tell(r.event(Closed, 0, nil))
}

// cut resets both connections.
func (r *relay) cut() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.isCut = true
	conns := []net.Conn{r.front}
	if r.back != nil {
		conns = append(conns, r.back)
	}
	for _, c := range conns {
		netio.ResetOnClose(c)
	}
	for _, c := range conns {
		c.Close()
	}
}

// pass passes on what a side says, which comes from src.
func (r *relay) pass(side protocol.Side, dst, src net.Conn) {
	buf := bufpool.KiB32.Get()
	defer bufpool.KiB32.Put(buf)
	for {
		n, err := src.Read(buf[:])
		if n > 0 {
			r.data(side, buf[:n]) // before it can be answered
			if _, werr := dst.Write(buf[:n]); werr != nil {
				r.refused(side, dst, src, werr)
				return
			}
		}
		if err == io.EOF {
			err = r.cause(side, src)
		}
		switch {
		case errors.Is(err, net.ErrClosed): // by the other way, or by cut
			dst.Close()
			return
		case err == io.EOF:
			r.tell(r.event(Ended, side, nil))
			r.endOf(side, dst)
			return
		case err != nil:
			why := err
			if errors.Is(err, syscall.ECONNRESET) { // as Reset says already
				why = nil
			}
			r.tell(r.event(Reset, side, why))
			reset(dst)
			return
		}
	}
}

// cause is why no more comes from a side, where the system says io.EOF: it tells a reset but once,
// and that may have been who wrote to the side.
func (r *relay) cause(side protocol.Side, src net.Conn) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if err := r.refuses[side]; errors.Is(err, syscall.ECONNRESET) {
		return err
	}
	if !r.ended[protocol.ResponseSide-side] && isReset(src) {
		return syscall.ECONNRESET
	}
	return io.EOF
}

// endOf passes on the end of a side.
func (r *relay) endOf(side protocol.Side, dst net.Conn) {
	r.mu.Lock()
	r.ended[side] = true
	refuses := r.refuses[side] != nil
	r.mu.Unlock()
	if half, ok := dst.(interface{ CloseWrite() error }); ok {
		half.CloseWrite() // an error is met by the other way, too
	}
	if refuses { // it has closed both ways: what is still sent to it is discarded
		dst.SetReadDeadline(time.Now().Add(netio.DrainTime))
	}
}

// refused is called when the other side takes no more of what side sends.
func (r *relay) refused(side protocol.Side, dst, src net.Conn, err error) {
	if errors.Is(err, net.ErrClosed) {
		src.Close()
		return
	}
	other := protocol.ResponseSide - side
	r.tell(r.event(Refused, other, err))
	r.mu.Lock()
	over := r.ended[other] || r.refuses[side] != nil
	r.refuses[other] = err
	r.mu.Unlock()
	if over {
		reset(src)
		dst.Close()
		return
	}
	// It may still have something to say.
	if u, ok := src.(*net.UnixConn); ok {
		u.CloseRead() // and the sender is told by EPIPE
		return
	}
	// A sender on TCP would wait for room, and not read.
	if _, err := io.Copy(io.Discard, src); err == nil {
		r.tell(r.event(Ended, side, nil))
	}
}
