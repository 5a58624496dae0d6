package explore

import (
	"encoding/json"
	"fmt"
	"net/http"
	"sync"

	"github.com/postern-gateway/postern/protocol"
)

// A Live hands messages of real connections to the pages that are open, as server-sent events. Its
// zero value is ready to use. It is safe for concurrent use. A page that is too slow misses some.
type Live struct {
	mu     sync.Mutex
	pages  map[chan []byte]struct{}
	closed bool
}

// A Traffic is a message that went over a connection.
type Traffic struct {
	Conn    int    `json:"conn"`
	Wire    string `json:"wire"`
	Front   bool   `json:"front"` // sent by the front, not by the backend
	Bytes   []byte `json:"bytes"`
	More    int    `json:"more,omitempty"` // bytes that were left out
	Message `json:"message"`
}

// waitingEvents is how many events may wait for a page.
const waitingEvents = 256

// Tell hands out a message of a connection, whose protocol is wire.
func (l *Live) Tell(conn int, wire string, side protocol.Side, m protocol.Message) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.pages) == 0 {
		return
	}
	t := Traffic{Conn: conn, Wire: wire, Front: side == protocol.RequestSide}
	spans := make([]protocol.Span, 0, len(m.Spans))
	for _, s := range m.Spans {
		s.Offset = int64(len(t.Bytes)) // within the message
		if room := maxText - len(t.Bytes); len(s.Bytes) > room {
			t.More += len(s.Bytes) - room
			s.Bytes = s.Bytes[:room]
		}
		t.Bytes = append(t.Bytes, s.Bytes...)
		spans = append(spans, s)
	}
	m.Spans = spans
	t.Message = (&cutter{side: side}).message(m)
	event, err := json.Marshal(t)
	if err != nil {
		return
	}
	for page := range l.pages {
		select {
		case page <- event:
		default:
		}
	}
}

// ServeHTTP sends a page what comes, until it leaves or Close is called.
func (l *Live) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	page := make(chan []byte, waitingEvents)
	l.mu.Lock()
	if l.closed {
		l.mu.Unlock()
		return
	}
	if l.pages == nil {
		l.pages = make(map[chan []byte]struct{})
	}
	l.pages[page] = struct{}{}
	l.mu.Unlock()
	defer l.leave(page)
	w.Header().Set("Content-Type", "text/event-stream")
	w.Header().Set("Cache-Control", "no-store")
	control := http.NewResponseController(w)
	_, err := fmt.Fprint(w, ": what comes is shown\n\n")
	for err == nil {
		if err = control.Flush(); err != nil {
			return
		}
		select {
		case event, ok := <-page:
			if !ok {
				return
			}
			_, err = fmt.Fprintf(w, "data: %s\n\n", event)
		case <-r.Context().Done():
			return
		}
	}
}

func (l *Live) leave(page chan []byte) {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.pages, page)
}

// Close ends the events of every page, now and later.
func (l *Live) Close() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.closed = true
	for page := range l.pages {
		close(page)
	}
	clear(l.pages)
}
