package netio

import (
	"errors"
	"io"
	"net"
	"os"
	"sync"
	"time"

	"github.com/postern-gateway/postern/protocol"
)

// A ResponseDeadline bounds how long a client waits for its backend: first for the whole head of
// the response, then for each further piece of the body. It does not run while a Read of the
// request's body waits. It is safe for concurrent use.
type ResponseDeadline struct {
	mu         sync.Mutex
	conn       net.Conn
	headLimit  time.Duration
	pieceLimit time.Duration
	inBody     bool // the head has been read
	paused     bool
	isSet      bool // conn has a deadline
}

// Start starts the time for the head, by lim.FirstByteTimeout and lim.ReadTimeout.
func (d *ResponseDeadline) Start(conn net.Conn, lim *protocol.Limits) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.conn, d.headLimit, d.pieceLimit, d.inBody, d.paused = conn, lim.FirstByteTimeout, lim.ReadTimeout, false, false
	d.update()
}

// Piece starts the time for the next piece of the body.
func (d *ResponseDeadline) Piece() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.inBody = true
	d.update()
}

// Stop removes the deadline.
func (d *ResponseDeadline) Stop() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.headLimit, d.pieceLimit = 0, 0
	d.update()
}

// update sets conn's read deadline for the present state.
func (d *ResponseDeadline) update() {
	limit := d.headLimit
	if d.inBody {
		limit = d.pieceLimit
	}
	if d.paused {
		limit = 0
	}
	if limit > 0 || d.isSet {
		d.isSet = limit > 0
		d.conn.SetReadDeadline(After(limit))
	}
}

// setPaused notes whether a Read of the body for conn waits. One for a connection that the request
// is no longer sent on does not count.
func (d *ResponseDeadline) setPaused(conn net.Conn, paused bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if conn == d.conn {
		d.paused = paused
		d.update()
	}
}

// Explain turns the error of a read that met the deadline into one that says what was waited for.
// Other errors are returned as they are.
func (d *ResponseDeadline) Explain(err error) error {
	if !errors.Is(err, os.ErrDeadlineExceeded) {
		return err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	e := &protocol.Error{Op: "read response head", Kind: protocol.ErrUpstream, Err: err, Detail: "no response head within " + d.headLimit.String()}
	if d.inBody {
		e.Op, e.Detail = "read response", "nothing more of the response within "+d.pieceLimit.String()
	}
	return e
}

// PauseFor returns a reader of the body of a request that is sent on conn. The time for conn does
// not run during its Reads.
func (d *ResponseDeadline) PauseFor(conn net.Conn, r io.Reader) io.Reader {
	return pausingReader{d, conn, r}
}

type pausingReader struct {
	d    *ResponseDeadline
	conn net.Conn
	r    io.Reader
}

func (r pausingReader) Read(b []byte) (int, error) {
	r.d.setPaused(r.conn, true)
	defer r.d.setPaused(r.conn, false)
	return r.r.Read(b)
}
