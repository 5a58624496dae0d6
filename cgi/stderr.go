package cgi

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"os"
	"sync"
	"time"
	"unicode/utf8"

	"github.com/postern-gateway/postern/internal/bufpool"
	"github.com/postern-gateway/postern/internal/rawio"
	"github.com/postern-gateway/postern/protocol"
)

// stderrLog read the standard error of one process: to the log line by line, and as it is to a
// writer if one was asked for. A script that ends soon is read once, at its end; for one that takes
// longer a goroutine reads.
type stderrLog struct {
	c      *Client
	fd     int // until follow or end; then -1
	script string
	r      *protocol.Request

	file *os.File      // once followed
	done chan struct{} // closed by the goroutine

	part []byte // a line without its end

	mu      sync.Mutex
	raw     []byte // what is still to be passed on
	keepRaw bool
}

const (
	lineMax = 4 << 10  // a longer line is logged in pieces
	rawMax  = 64 << 10 // of standard error, held for the one who reads the response
)

// follow starts the goroutine.
func (l *stderrLog) follow() {
	if l.fd < 0 {
		return
	}
	l.file, l.done = os.NewFile(uintptr(l.fd), "stderr"), make(chan struct{})
	l.fd = -1
	l.c.running.Go(func() {
		defer close(l.done)
		l.copy(l.file.Read)
		l.copy(func(p []byte) (int, error) { return readNow(l.file, p), nil })
	})
}

// end logs what has been written until now, and closes. Whoever still holds the other end is not
// listened to any more.
func (l *stderrLog) end() {
	switch {
	case l.file != nil:
		l.file.SetReadDeadline(past)
		<-l.done
		l.file.Close()
	case l.fd >= 0:
		l.copy(func(p []byte) (int, error) { return rawio.Read(l.fd, p) })
		rawio.Close(l.fd)
		l.fd = -1
	}
	if len(l.part) > 0 {
		l.log(l.part)
		l.part = nil
	}
	l.reportDropped()
}

// copy takes in what read gives, until there is nothing. Most scripts write nothing to standard
// error, so the buffer is small.
func (l *stderrLog) copy(read func([]byte) (int, error)) {
	buf := bufpool.KiB4.Get()
	defer bufpool.KiB4.Put(buf)
	for {
		n, err := read(buf[:])
		if n > 0 {
			l.write(buf[:n])
		}
		if n <= 0 || err != nil {
			return
		}
	}
}

func (l *stderrLog) write(p []byte) {
	if l.keepRaw {
		l.mu.Lock()
		l.raw = append(l.raw, p[:min(len(p), rawMax-len(l.raw))]...)
		l.mu.Unlock()
	}
	for len(p) > 0 {
		i := bytes.IndexByte(p, '\n')
		if i < 0 && len(l.part)+len(p) < lineMax {
			l.part = append(l.part, p...)
			return
		}
		n := i
		if i < 0 || len(l.part)+i > lineMax {
			n = min(len(p), lineMax-len(l.part))
			i = n - 1
		}
		l.log(append(l.part, p[:n]...))
		l.part, p = l.part[:0], p[i+1:]
	}
}

// pass writes what has come since to w.
func (l *stderrLog) pass(w io.Writer) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.raw) > 0 {
		w.Write(l.raw)
		l.raw = l.raw[:0]
	}
}

func (l *stderrLog) log(line []byte) {
	line = bytes.TrimSuffix(line, []byte("\r"))
	if !l.c.rate.allow(time.Now(), l.c.stderrRate()) {
		return
	}
	l.reportDropped()
	l.c.log().LogAttrs(context.Background(), slog.LevelWarn, "cgi: stderr",
		slog.String("script", l.script), slog.String("request", l.r.Method()+" "+l.r.RequestURI()), slog.String("line", escape(line)))
}

func (l *stderrLog) reportDropped() {
	if n := l.c.rate.takeDropped(time.Now()); n > 0 {
		l.c.log().Warn("cgi: lines of standard error left out", "lines", n, "limit", l.c.stderrRate())
	}
}

// escape shows control bytes, and bytes that are not UTF-8, as \x1b: a log is read in terminals.
func escape(line []byte) string {
	out := make([]byte, 0, len(line))
	for len(line) > 0 {
		r, n := utf8.DecodeRune(line)
		if n == 1 && (r < ' ' && r != '\t' || r == 0x7f || r == 0xfffd) || r >= 0x80 && r < 0xa0 || r == 0x2028 || r == 0x2029 {
			for _, c := range line[:n] {
				out = append(out, '\\', 'x', hex[c>>4], hex[c&15])
			}
		} else {
			out = append(out, line[:n]...)
		}
		line = line[n:]
	}
	return string(out)
}

const hex = "0123456789abcdef"

// A rate allows so many lines a second, and counts those that it does not allow.
type rate struct {
	mu      sync.Mutex
	tokens  float64
	at      time.Time
	dropped int
	told    time.Time // when the dropped were reported
}

// allow takes one of limit tokens a second; up to two seconds' worth are saved up. A negative limit
// allows everything.
func (r *rate) allow(now time.Time, limit int) bool {
	if limit < 0 {
		return true
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	room := 2 * float64(limit)
	if r.at.IsZero() {
		r.tokens = room
	} else {
		r.tokens = min(room, r.tokens+now.Sub(r.at).Seconds()*float64(limit))
	}
	r.at = now
	if r.tokens < 1 {
		r.dropped++
		return false
	}
	r.tokens--
	return true
}

// takeDropped returns how many lines were not allowed since it last did so, once a second.
func (r *rate) takeDropped(now time.Time) int {
	r.mu.Lock()
	defer r.mu.Unlock()
	n := r.dropped
	if n == 0 || now.Sub(r.told) < time.Second {
		return 0
	}
	r.dropped, r.told = 0, now
	return n
}
