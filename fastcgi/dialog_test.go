package fastcgi

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"net"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/postern-gateway/postern/protocol"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// A front is a scripted web server: it says records and hears records, both in the notation of
// protocol.Trace.
type front struct {
	t    *testing.T
	nc   net.Conn
	rest []byte

	served chan error // what the Loop returned
	logged *logged
}

type logged struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (l *logged) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.Write(p)
}

func (l *logged) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.String()
}

// sockets returns the two ends of a Unix connection.
func sockets(t testing.TB) (a, b net.Conn) {
	t.Helper()
	fds, err := syscall.Socketpair(syscall.AF_UNIX, syscall.SOCK_STREAM|syscall.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	var ends [2]net.Conn
	for i, fd := range fds {
		f := os.NewFile(uintptr(fd), "socket")
		if ends[i], err = net.FileConn(f); err != nil {
			t.Fatal(err)
		}
		f.Close()
	}
	return ends[0], ends[1]
}

// patienceOfTests is after how long a test that waits for something gives up.
const patienceOfTests = 30 * time.Second

// serve has h served on a connection by p, and returns the front's end of it.
func serve(t *testing.T, p Protocol, lim *protocol.Limits, h protocol.HandlerFunc) *front {
	t.Helper()
	return serveLoop(t, p, &protocol.Loop{Handler: h, Limits: lim})
}

// serveLoop is serve with more of the Loop's fields.
func serveLoop(t *testing.T, p Protocol, loop *protocol.Loop) *front {
	t.Helper()
	ours, theirs := sockets(t)
	f := &front{t: t, nc: theirs, served: make(chan error, 1), logged: new(logged)}
	loop.Log, loop.MethodOptional = slog.New(slog.NewTextHandler(f.logged, nil)), true
	go func() { f.served <- loop.Serve(context.Background(), p.NewConn(ours, loop.Limits)) }()
	theirs.SetDeadline(time.Now().Add(patienceOfTests))
	t.Cleanup(func() {
		theirs.Close()
		f.wait()
		if t.Failed() {
			t.Log(f.logged)
		}
	})
	return f
}

// wait waits until the connection's Loop has returned, and returns why.
func (f *front) wait() error {
	f.t.Helper()
	select {
	case err := <-f.served:
		f.served <- err
		return err
	case <-time.After(patienceOfTests):
		panic("the connection is still being served: " + f.t.Name())
	}
}

// dialog plays lines: "> " is said, "< " must be heard, in that order. "< EOF" is the connection's
// end.
func (f *front) dialog(text string) {
	f.t.Helper()
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		switch {
		case strings.HasPrefix(line, "> "):
			f.write(parseRecord(f.t, line[2:]))
		case line == "< EOF":
			f.hearEnd()
		case strings.HasPrefix(line, "< "):
			f.hear(line[2:])
		case line != "":
			f.t.Fatalf("dialog: %q", line)
		}
	}
}

// say says all lines in one write.
func (f *front) say(lines ...string) {
	f.t.Helper()
	f.write(parseRecords(f.t, lines...))
}

func parseRecords(t testing.TB, lines ...string) (b []byte) {
	t.Helper()
	for _, text := range lines {
		for line := range strings.Lines(text) {
			if line = strings.TrimSpace(line); line != "" {
				b = append(b, parseRecord(t, strings.TrimPrefix(line, "> "))...)
			}
		}
	}
	return b
}

func (f *front) write(b []byte) {
	f.t.Helper()
	if _, err := f.nc.Write(b); err != nil {
		f.t.Fatalf("say: %v", err)
	}
}

// record reads one record.
func (f *front) record() (h header, content []byte, err error) {
	for {
		h, content, n, err := consumeRecord(f.rest)
		if err != nil {
			return h, nil, err
		}
		if n > 0 {
			f.rest = f.rest[n:]
			return h, content, nil
		}
		f.rest = slices.Grow(f.rest, 4096)
		m, err := f.nc.Read(f.rest[len(f.rest):cap(f.rest)])
		f.rest = f.rest[:len(f.rest)+m]
		if err != nil {
			return h, nil, err
		}
	}
}

// heard returns the next record as a line.
func (f *front) heard() (string, error) {
	h, content, err := f.record()
	if err != nil {
		return "", err
	}
	var line bytes.Buffer
	tr := &protocol.Trace{Protocol: Protocol{}, Out: &line, Max: -1}
	tr.Write(appendRecord(nil, h.typ, h.id, content))
	return strings.TrimSpace(line.String()), nil
}

func (f *front) hear(want string) {
	f.t.Helper()
	line, err := f.heard()
	if err != nil {
		f.t.Fatalf("want %s\ngot  %v", want, err)
	}
	if line != want {
		f.t.Fatalf("want %s\ngot  %s", want, line)
	}
}

func (f *front) hearEnd() {
	f.t.Helper()
	if line, err := f.heard(); err != io.EOF {
		f.t.Fatalf("want the connection's end, got %q, %v", line, err)
	}
}

// answer reads records until the END_REQUEST of id and returns what STDOUT and STDERR were, and
// that record's line.
func (f *front) answer(id uint16) (stdout, stderr, end string) {
	f.t.Helper()
	for {
		h, content, err := f.record()
		switch {
		case err != nil:
			f.t.Fatalf("in the answer to %d, after %q: %v", id, stdout, err)
		case h.id != id:
			f.t.Fatalf("in the answer to %d: a record of %d", id, h.id)
		case h.typ == typeStdout:
			stdout += string(content)
		case h.typ == typeStderr:
			stderr += string(content)
		case h.typ == typeEnd:
			e, _ := consumeEnd(content)
			return stdout, stderr, e.status.String() + " " + strconv.Itoa(int(e.app))
		}
	}
}

// parseRecord is the inverse of protocol.Trace, for a line without its prefix.
func parseRecord(t testing.TB, line string) []byte {
	t.Helper()
	word, rest, _ := strings.Cut(line, " ")
	typ := slices.Index(typeNames[:], word)
	if n, ok := strings.CutPrefix(word, "TYPE_"); ok {
		typ, _ = strconv.Atoi(n)
	}
	number, rest, _ := strings.Cut(rest, " ")
	id, err := strconv.ParseUint(number, 10, 16)
	if typ < 0 || err != nil {
		t.Fatalf("no record: %q", line)
	}
	return appendRecord(nil, recordType(typ), uint16(id), parseContent(t, recordType(typ), rest))
}

func parseContent(t testing.TB, typ recordType, text string) (b []byte) {
	switch {
	case text == "" || text == "end":
		return nil
	case text[0] == '"':
		s, err := strconv.Unquote(text)
		if err != nil {
			t.Fatalf("no text: %s", text)
		}
		return []byte(s)
	case typ == typeBegin:
		role, keep, _ := strings.Cut(text, " ")
		n := slices.Index(wireRoleNames[:], role)
		if n < 0 {
			n, _ = strconv.Atoi(strings.TrimPrefix(role, "ROLE_"))
		}
		return appendBegin(nil, begin{uint16(n), keep == "KEEP_CONN"})
	case typ == typeEnd:
		word, app, _ := strings.Cut(text, " ")
		n, err := strconv.ParseUint(app, 10, 32)
		if err != nil {
			t.Fatalf("no end: %s", text)
		}
		return appendEnd(nil, end{uint32(n), protocolStatus(slices.Index(statusNames[:], word))})
	}
	for text != "" {
		name, rest, _ := strings.Cut(text, "=")
		quoted, err := strconv.QuotedPrefix(rest)
		if err != nil {
			t.Fatalf("no pairs: %s", text)
		}
		value, _ := strconv.Unquote(quoted)
		b = appendPair(b, name, value)
		text = strings.TrimPrefix(rest[len(quoted):], " ")
	}
	return b
}

// get is a whole request without a body.
func get(id int) string {
	n := strconv.Itoa(id)
	return "BEGIN_REQUEST " + n + " RESPONDER KEEP_CONN\n" +
		"PARAMS " + n + ` REQUEST_METHOD="GET" REQUEST_URI="/` + n + "\"\n" +
		"PARAMS " + n + " end\n" +
		"STDIN " + n + " end\n"
}

// hello answers with few fields.
func hello(w protocol.ResponseWriter, r *protocol.Request) error {
	w.Header()["Content-Type"] = nil
	_, err := io.WriteString(w, "hello "+r.Params.Get("REQUEST_URI"))
	return err
}
