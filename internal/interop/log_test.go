package interop

import (
	"bytes"
	"log/slog"
	"strings"
	"sync"
	"testing"
)

// A logbook keeps what the backend logs, for a test that fails.
type logbook struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (b *logbook) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.Write(p)
}

// text is the log, without the stacks of the panics that the cases ask for.
func (b *logbook) text() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	var s strings.Builder
	for line := range strings.Lines(b.buf.String()) {
		line, _, _ = strings.Cut(line, " stack=")
		s.WriteString(strings.TrimSuffix(line, "\n") + "\n")
	}
	return s.String()
}

// backendLog returns a logger whose lines are printed if the test fails.
func backendLog(t *testing.T) *slog.Logger {
	b := new(logbook)
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("log of the backend:\n%s", b.text())
		}
	})
	return slog.New(slog.NewTextHandler(b, nil))
}
