package protocoltest

import (
	"bytes"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"
)

// A logbook keeps what a server logs, and shows it when the test has failed.
type logbook struct {
	mu    sync.Mutex
	more  *sync.Cond
	text  bytes.Buffer
	ended bool
}

func newLog(t *testing.T) *logbook {
	b := new(logbook)
	b.more = sync.NewCond(&b.mu)
	t.Cleanup(func() {
		if t.Failed() && b.String() != "" {
			t.Logf("the server's log:\n%s", b)
		}
	})
	return b
}

func (b *logbook) logger() *slog.Logger {
	return slog.New(slog.NewTextHandler(b, &slog.HandlerOptions{Level: slog.LevelDebug}))
}

func (b *logbook) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.more.Broadcast()
	return b.text.Write(p)
}

func (b *logbook) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return strings.TrimSpace(b.text.String())
}

// await waits until text has been logged: that may be after the client has its answer.
func (b *logbook) await(text string) bool {
	late := time.AfterFunc(patience, func() {
		b.mu.Lock()
		defer b.mu.Unlock()
		b.ended = true
		b.more.Broadcast()
	})
	defer late.Stop()
	b.mu.Lock()
	defer b.mu.Unlock()
	for !strings.Contains(b.text.String(), text) {
		if b.ended {
			return false
		}
		b.more.Wait()
	}
	return true
}
