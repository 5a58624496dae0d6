package endpoint

import (
	"math"
	"time"
)

// connLimits bound the connections of a client. One that keeps none knows maxOpen alone.
type connLimits struct {
	maxIdle int // keepUnset where the URL says nothing
	maxOpen int
	maxAge  time.Duration

	maxRequests int
	idle        time.Duration // 0 where the URL says nothing; negative: no limit
}

const keepUnset = math.MinInt

func (e *Endpoint) connLimits() (l connLimits, err error) {
	if l.maxIdle, err = e.number("keep", keepUnset); err != nil {
		return l, err
	}
	if l.maxOpen, err = e.limit("max-open"); err != nil {
		return l, err
	}
	if l.maxRequests, err = e.number("max-requests", 0); err != nil {
		return l, err
	}
	idle, ok, err := e.duration("idle-timeout")
	if err != nil {
		return l, err
	}
	if l.idle = idle; ok && idle <= 0 {
		l.idle = -1
	}
	l.maxAge, ok, err = e.duration("max-age")
	if _, resolves := e.last("resolve"); resolves && !ok && err == nil {
		l.maxAge, _, err = e.duration("resolve")
	}
	return l, err
}
