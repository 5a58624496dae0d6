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

// A stderrLog reads the standard error of one process. It logs each line and, with keepRaw, keeps
// the bytes for writeRawTo. The standard error of a script that ends soon is read once, at its end;
// that of one with a supervisor is read by a goroutine.
type stderrLog struct {
	c      *Client
	fd     int // -1 after follow or close
	script string
	r      *protocol.Request

	file *os.File      // after follow
	done chan struct{} // closed when the goroutine returns

	part []byte // of a line whose end has not come yet

	mu      sync.Mutex
	raw     []byte // not yet taken by writeRawTo
	keepRaw bool   // set before follow
}

const (
	lineMax = 4 << 10  // a longer line is logged in pieces
	rawMax  = 64 << 10 // bytes that are kept for writeRawTo; more are dropped
)

// follow starts the goroutine that reads until the end.
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

// close logs what has been written until now and closes the pipe. Processes that still hold it open
// write in vain.
func (l *stderrLog) close() {
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

// copy logs what read returns, until that is nothing. Most scripts write nothing to standard error,
// so the buffer is small.
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

// writeRawTo writes to w what has come since its last call.
func (l *stderrLog) writeRawTo(w io.Writer) {
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

// escape writes control bytes, and bytes that are not UTF-8, as \x1b and the like, because a log is
// read in terminals.
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

// A rate allows a number of lines a second, and counts those that it does not allow.
type rate struct {
	mu       sync.Mutex
	tokens   float64
	at       time.Time
	dropped  int
	reported time.Time // when takeDropped last returned some
}

// allow takes a token, of which limit come in a second and twice as many are kept. It reports
// whether there was one. A negative limit allows everything.
func (r *rate) allow(now time.Time, limit int) bool {
	if limit < 0 {
		return true
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	burst := 2 * float64(limit)
	if r.at.IsZero() {
		r.tokens = burst
	} else {
		r.tokens = min(burst, r.tokens+now.Sub(r.at).Seconds()*float64(limit))
	}
	r.at = now
	if r.tokens < 1 {
		r.dropped++
		return false
	}
	r.tokens--
	return true
}

// takeDropped returns how many lines were not allowed since it last returned some; 0 within a
// second of that.
func (r *rate) takeDropped(now time.Time) int {
	r.mu.Lock()
	defer r.mu.Unlock()
	n := r.dropped
	if n == 0 || now.Sub(r.reported) < time.Second {
		return 0
	}
	r.dropped, r.reported = 0, now
	return n
}
