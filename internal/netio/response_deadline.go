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

// A Patience bounds how long a client waits for its backend: first for the whole head of the
// response, then for each further piece. While the client's own side has to wait for the request's
// body, it does not run. It is safe for concurrent use.
type Patience struct {
	mu     sync.Mutex
	conn   net.Conn
	head   time.Duration
	piece  time.Duration
	begun  bool // the head is there
	paused bool
	armed  bool // a deadline is set
}

// Start begins the time for the head.
func (p *Patience) Start(conn net.Conn, lim *protocol.Limits) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.conn, p.head, p.piece, p.begun, p.paused = conn, lim.FirstByteTimeout, lim.ReadTimeout, false, false
	p.move()
}

// Piece begins the time for a piece of the body.
func (p *Patience) Piece() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.begun = true
	p.move()
}

// Stop ends the waiting: the connection has no deadline any more.
func (p *Patience) Stop() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.head, p.piece = 0, 0
	p.move()
}

func (p *Patience) move() {
	d := p.head
	if p.begun {
		d = p.piece
	}
	if p.paused {
		d = 0
	}
	if d > 0 || p.armed {
		p.armed = d > 0
		p.conn.SetReadDeadline(after(d))
	}
}

func (p *Patience) pause(paused bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.paused = paused
	p.move()
}

// Late makes of a deadline that passed an error that says what was waited for.
func (p *Patience) Late(err error) error {
	if !errors.Is(err, os.ErrDeadlineExceeded) {
		return err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	e := &protocol.Error{Op: "read response head", Kind: protocol.ErrUpstream, Err: err, Detail: "no response head within " + p.head.String()}
	if p.begun {
		e.Op, e.Detail = "read response", "nothing more of the response within "+p.piece.String()
	}
	return e
}

// Body reads a request's body, for which the backend cannot be blamed.
func (p *Patience) Body(r io.Reader) io.Reader { return patientReader{p, r} }

type patientReader struct {
	p *Patience
	r io.Reader
}

func (r patientReader) Read(b []byte) (int, error) {
	r.p.pause(true)
	defer r.p.pause(false)
	return r.r.Read(b)
}
