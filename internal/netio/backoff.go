package netio

import (
	"errors"
	"net"
	"syscall"
	"time"
)

// The waits after failed accepts: each twice the one before it.
const (
	firstWait = 5 * time.Millisecond
	lastWait  = 100 * time.Millisecond
)

// A Backoff is the waiting of somebody whose accepts fail. The zero value is ready to use.
type Backoff struct {
	last time.Duration // 0: the last accept has not failed
}

// Wait waits after a failed accept, until something comes on freed or ended.
func (b *Backoff) Wait(freed, ended <-chan struct{}) {
	b.last = min(max(2*b.last, firstWait), lastWait)
	timer := time.NewTimer(b.last)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-freed:
	case <-ended:
	}
}

// Reset says that an accept has not failed.
func (b *Backoff) Reset() { b.last = 0 }

// shortages are the errors of accept that pass: what the system has run out of, and connections
// that have gone before they were accepted.
var shortages = []error{
	syscall.EMFILE, syscall.ENFILE, syscall.ENOBUFS, syscall.ENOMEM,
	syscall.ECONNABORTED, syscall.ECONNRESET, syscall.EPROTO, syscall.EPERM, syscall.EINTR,
}

// AcceptMayGoOn reports whether an error of Accept leaves the listener good.
func AcceptMayGoOn(err error) bool {
	for _, e := range shortages {
		if errors.Is(err, e) {
			return true
		}
	}
	// as net/http has it, for listeners that are not the system's
	var t interface{ Temporary() bool }
	return !errors.Is(err, net.ErrClosed) && errors.As(err, &t) && t.Temporary()
}
