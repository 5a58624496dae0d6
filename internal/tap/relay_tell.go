package tap

import (
	"errors"

	"github.com/postern-gateway/postern/protocol"
)

// event is an event of r, whose time is that of the queue.
func (r *relay) event(kind Kind, side protocol.Side, err error) Event {
	return Event{Conn: r.conn, Kind: kind, Side: side, Err: err}
}

// data tells of bytes.
func (r *relay) data(side protocol.Side, b []byte) {
	if !r.noted {
		return
	}
	e := r.event(Data, side, nil)
	e.Data = b
	events := []Event{e}
	if n := r.lost[side]; n > 0 {
		events = []Event{r.lostEvent(side), e}
	}
	if !r.queue.offer(events...) {
		r.lost[side] += int64(len(b))
		return
	}
	r.lost[side] = 0
}

// errTooMuch is why bytes are not shown.
var errTooMuch = errors.New("they were passed on, but too much waited to be shown")

func (r *relay) lostEvent(side protocol.Side) Event {
	e := r.event(Lost, side, errTooMuch)
	e.Lost = r.lost[side]
	return e
}

// tell tells of what is no bytes. The end of a side comes from its own goroutine, as its bytes do.
func (r *relay) tell(e Event) {
	if !r.noted {
		return
	}
	for _, side := range sidesOf(e) {
		if r.lost[side] > 0 {
			r.queue.put(r.lostEvent(side))
			r.lost[side] = 0
		}
	}
	r.queue.put(e)
}

// sidesOf are the sides that say no more after e.
func sidesOf(e Event) []protocol.Side {
	switch e.Kind {
	case Ended, Reset:
		return []protocol.Side{e.Side}
	case Closed:
		return []protocol.Side{protocol.RequestSide, protocol.ResponseSide}
	}
	return nil
}
