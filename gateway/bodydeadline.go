package gateway

import (
	"net/http"
	"sync"
	"time"

	"github.com/postern-gateway/postern/internal/netio"
	"github.com/postern-gateway/postern/protocol"
)

// A bodyDeadline is net/http's read deadline, which is for a whole request, moved on with each
// piece of its body: so it bounds the time without progress, as everywhere.
type bodyDeadline struct {
	control http.ResponseController
	limits  *protocol.Limits

	mu      sync.Mutex
	read    time.Time // the deadline that is set
	ownRead bool      // a handler has set one of its own
}

// SetReadDeadline bounds the reading of the request's body.
func (d *bodyDeadline) SetReadDeadline(t time.Time) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.ownRead = true
	return d.control.SetReadDeadline(t)
}

// armRead gives the next read of the body its time.
func (d *bodyDeadline) armRead() {
	d.mu.Lock()
	defer d.mu.Unlock()
	if limit := d.limits.BodyTimeout; limit > 0 && !d.ownRead {
		netio.Renew(&d.read, limit, d.control.SetReadDeadline)
	}
}

// disarmRead takes the body's deadline away, unless it is the handler's, and reports that. net/http
// goes on reading, to notice a client that leaves.
func (d *bodyDeadline) disarmRead() (own bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if !d.ownRead && !d.read.IsZero() {
		d.read = time.Time{}
		d.control.SetReadDeadline(time.Time{})
	}
	return d.ownRead
}

// readIsOwn reports whether the deadline is the handler's.
func (d *bodyDeadline) readIsOwn() bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.ownRead
}

// timedOut is the error of a body of which nothing came for BodyTimeout.
func (d *bodyDeadline) timedOut(err error) error {
	return &protocol.Error{Protocol: "http", Op: "read body", Kind: protocol.ErrAborted, Err: err,
		Detail: "nothing came for " + d.limits.BodyTimeout.String(), Status: http.StatusRequestTimeout}
}
