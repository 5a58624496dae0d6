package tap

import (
	"sync"
	"time"
)

// DefaultBuffer is how much may wait to be told, in bytes.
const DefaultBuffer = 16 << 20

// eventSize is what an event counts for beside its data.
const eventSize = 128

// An eventQueue has the events that wait to be told. Its bound is for bytes and for new
// connections; what is left to say of a connection that is in it always fits.
type eventQueue struct {
	max int

	mu     sync.Mutex
	more   sync.Cond
	events []Event
	size   int
	missed int // connections that did not fit
	closed bool
}

func newQueue(max int) *eventQueue {
	q := &eventQueue{max: max}
	q.more.L = &q.mu
	return q
}

// offer adds events if there is room for all of them. It copies their data.
func (q *eventQueue) offer(events ...Event) bool {
	size := 0
	for i := range events {
		size += eventSize + len(events[i].Data)
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.size+size > q.max {
		return false
	}
	q.add(size, events)
	return true
}

// put adds an event without data.
func (q *eventQueue) put(e Event) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.add(eventSize, []Event{e})
}

func (q *eventQueue) add(size int, events []Event) {
	now := time.Now()
	for _, e := range events {
		e.Time = now // so that it never goes back
		e.Data = append([]byte(nil), e.Data...)
		q.events = append(q.events, e)
	}
	q.size += size
	q.more.Signal()
}

// miss counts a connection that did not fit.
func (q *eventQueue) miss() {
	q.mu.Lock()
	q.missed++
	q.mu.Unlock()
}

// close lets take return once nothing is left.
func (q *eventQueue) close() {
	q.mu.Lock()
	q.closed = true
	q.mu.Unlock()
	q.more.Signal()
}

// take waits for events and returns all that there are, and how many connections did not fit since
// the last call. No events: there will be no more. They count until done is called with them.
func (q *eventQueue) take() (events []Event, missed int) {
	q.mu.Lock()
	defer q.mu.Unlock()
	for len(q.events) == 0 && !q.closed {
		q.more.Wait()
	}
	events, missed = q.events, q.missed
	q.events, q.missed = nil, 0
	return events, missed
}

// done gives the room of an event back.
func (q *eventQueue) done(e *Event) {
	q.mu.Lock()
	q.size -= eventSize + len(e.Data)
	q.mu.Unlock()
}
