package fastcgi

import (
	"context"
	"errors"
	"io"
	"math"
	"os"
	"strconv"
	"time"

	"github.com/postern-gateway/postern/internal/netio"
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
	said, err := askOver(nc)
	if !stop() {
		return said, aborted(ctx)
	}
	if err != nil {
		said = capacity{good: askClosed}
		if errors.Is(err, os.ErrDeadlineExceeded) {
			said.good = askAgain
		}
	}
	nc.SetDeadline(time.Time{})
	return said, nil
}

// askOver writes GET_VALUES to rw, and reads the answer.
func askOver(rw io.ReadWriter) (capacity, error) {
	names := appendPair(nil, mpxsConnsName, "")
	names = appendPair(names, maxReqsName, "")
	names = appendPair(names, maxConnsName, "")
	if _, err := rw.Write(appendRecord(nil, typeGetValues, 0, names)); err != nil {
		return capacity{}, err
	}
	var head [headerLen]byte
	if _, err := io.ReadFull(rw, head[:]); err != nil {
		return capacity{}, err
	}
	h, _, err := consumeHeader(head[:])
	if err != nil || h.id != 0 || h.typ != typeGetValuesResult {
		return capacity{good: askAgain}, nil
	}
	b := make([]byte, h.content+h.padding)
	if _, err := io.ReadFull(rw, b); err != nil {
		return capacity{}, err
	}
	return capacityOf(b[:h.content]), nil
}

// capacityOf reads the content of a GET_VALUES_RESULT. Of what is no number nothing is known.
func capacityOf(b []byte) capacity {
	said, multiplexes := capacity{requests: math.MaxInt, good: askAgain}, false
	for len(b) > 0 {
		name, value, n := consumePair(b)
		if n == 0 {
			break
		}
		v, err := strconv.Atoi(string(value))
		switch {
		case err != nil || v < 0:
		case string(name) == mpxsConnsName:
			multiplexes = v == 1
		case string(name) == maxReqsName:
			said.requests = v
		case string(name) == maxConnsName:
			said.conns = v
		}
		b = b[n:]
	}
	if !multiplexes {
		said.requests = 1
	}
	return said
}
