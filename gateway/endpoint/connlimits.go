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
}

const keepUnset = math.MinInt

func (e *Endpoint) connLimits() (l connLimits, err error) {
	if l.maxIdle, err = e.number("keep", keepUnset); err != nil {
		return l, err
	}
	if l.maxOpen, err = e.number("max-open", 0); err != nil {
		return l, err
	}
	l.maxAge, _, err = e.duration("max-age")
	return l, err
}
