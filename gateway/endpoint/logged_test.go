package endpoint

import (
	"bytes"
	"strings"
	"sync"
)

// A logged is what a log has been told.
type logged struct {
	mu   sync.Mutex
	buf  bytes.Buffer
	more chan struct{} // closed when something comes; nil: nobody waits
}

func (l *logged) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.more != nil {
		close(l.more)
		l.more = nil
	}
	return l.buf.Write(p)
}

func (l *logged) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.String()
}

func (l *logged) Len() int { return len(l.String()) }

// await waits until text has been logged.
func (l *logged) await(text string) {
	for {
		l.mu.Lock()
		if strings.Contains(l.buf.String(), text) {
			l.mu.Unlock()
			return
		}
		l.more = make(chan struct{})
		more := l.more
		l.mu.Unlock()
		<-more
	}
}
