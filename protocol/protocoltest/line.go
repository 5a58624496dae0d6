package protocoltest

import (
	"bufio"
	"net"
	"strings"
	"time"

	"github.com/postern-gateway/postern/protocol"
)

// patience is how long anything may take before a test gives up. Nothing is asserted about time
// below it.
const patience = 30 * time.Second

// A line is a wire between a handler and its case, beside the protocol under test: lines of text
// both ways.
type line struct {
	conn net.Conn
	in   *bufio.Reader
	fail func(format string, args ...any)
}

func newLine(c net.Conn, fail func(string, ...any)) *line {
	c.SetDeadline(time.Now().Add(patience))
	return &line{conn: c, in: bufio.NewReader(c), fail: fail}
}

// call connects a handler to its case.
func call(r *protocol.Request) *line { return callTo(r.Params.Get("HTTP_X_LINE")) }

func callTo(address string) *line {
	c, err := net.Dial("unix", address)
	if err != nil {
		panic(err)
	}
	return newLine(c, func(string, ...any) {})
}

// answer waits for a handler's call.
func (x *trial) answer() *line {
	x.Helper()
	x.lines.(*net.UnixListener).SetDeadline(time.Now().Add(patience))
	c, err := x.lines.Accept()
	if err != nil {
		x.Fatalf("the handler did not call: %v\n%s", err, x.log)
	}
	x.Cleanup(func() { c.Close() })
	return newLine(c, x.Fatalf)
}

// say sends a text.
func (l *line) say(text string) {
	if _, err := l.conn.Write([]byte(strings.ReplaceAll(text, "\n", " ") + "\n")); err != nil {
		l.fail("line: %v", err)
	}
}

// hear waits for a text. On the handler's side, an end is "".
func (l *line) hear() string {
	s, err := l.in.ReadString('\n')
	if err != nil {
		l.fail("line: %v", err)
	}
	return strings.TrimSuffix(s, "\n")
}

func (l *line) hangUp() { l.conn.Close() }

// text is an error's text, "none" for none.
func text(err error) string {
	if err == nil {
		return "none"
	}
	return err.Error()
}
