package fastcgi

import (
	"context"
	"errors"
	"math"
	"os"
	"strconv"
	"time"

	"github.com/postern-gateway/postern/internal/netio"
	"github.com/postern-gateway/postern/protocol"
)

// A capacity is what a backend says of itself (section 4.1).
type capacity struct {
	// how many it takes at once on a connection; below 2: it does not multiplex
	requests int
	conns    int           // how many connections it takes; 0: it does not say
	good     time.Duration // how long to go by it where it does not multiplex
}

// How long an answer to GET_VALUES is waited for, and how long it is good: php-fpm and libfcgi
// answer that they do not multiplex, others close or are mute. A backend that closes may only have
// been about to end.
const (
	askTimeout = time.Second
	askAgain   = time.Minute
	askClosed  = 5 * time.Second
)

// ask asks the backend at the other end of nc, a new connection, what it can. A connection that
// ends is an answer; the error is that of the context.
func ask(ctx context.Context, nc *netio.PoolConn) (capacity, error) {
	stop := context.AfterFunc(ctx, func() { nc.Close() })
	defer stop()
	nc.SetDeadline(time.Now().Add(askTimeout))
	var names []byte
	for _, name := range []string{mpxsConnsName, maxReqsName, maxConnsName} {
		names = appendPair(names, name, "")
	}
	values, err := askValues(nc, names)
	if !stop() {
		return capacity{}, aborted(ctx)
	}
	nc.SetDeadline(time.Time{})
	switch {
	case err == nil:
		return capacityOf(values), nil
	case errors.Is(err, os.ErrDeadlineExceeded), errors.Is(err, protocol.ErrMalformed):
		return capacity{good: askAgain}, nil
	}
	return capacity{good: askClosed}, nil
}

// capacityOf reads a backend's answer. Of what is no number nothing is known.
func capacityOf(values protocol.Params) capacity {
	said, multiplexes := capacity{requests: math.MaxInt, good: askAgain}, false
	for name, value := range values.All() {
		v, err := strconv.Atoi(value)
		switch {
		case err != nil || v < 0:
		case name == mpxsConnsName:
			multiplexes = v == 1
		case name == maxReqsName:
			said.requests = v
		case name == maxConnsName:
			said.conns = v
		}
	}
	if !multiplexes {
		said.requests = 1
	}
	return said
}
