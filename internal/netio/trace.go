package netio

import (
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/postern-gateway/postern/protocol"
)

// A Trace prints one direction of an exchange: a head, and the pieces of the body as they come.
type Trace struct {
	Out    io.Writer
	Prefix string
	Max    int // bytes of a piece or of a value that are printed; 0 means 64, negative all

	// Head describes the head that b begins with: n is its length, 0 that b ends too early to tell.
	Head func(b []byte, t *Trace) (text string, n int, err error)

	rest []byte
	body bool
	err  error
}

// Write prints the messages that p completes.
func (t *Trace) Write(p []byte) (int, error) {
	if t.err != nil {
		return 0, t.err
	}
	t.rest = append(t.rest, p...)
	if !t.body {
		text, n, err := t.Head(t.rest, t)
		switch {
		case err != nil:
			t.err = err
			fmt.Fprintf(t.Out, "%s %v: %s\n", t.Prefix, err, t.Quote(string(t.rest)))
			return 0, err
		case n == 0:
			return len(p), nil
		}
		t.body, t.rest = true, t.rest[n:]
		fmt.Fprintf(t.Out, "%s %s\n", t.Prefix, text)
	}
	if len(t.rest) > 0 {
		fmt.Fprintf(t.Out, "%s body %s\n", t.Prefix, t.Quote(string(t.rest)))
		t.rest = t.rest[:0]
	}
	return len(p), nil
}

// ResponseHead is the Head of a response.
func ResponseHead(b []byte, t *Trace) (text string, n int, err error) {
	status, h, n, err := protocol.ParseHead(b)
	if err != nil || n == 0 {
		return "", n, err
	}
	var p protocol.Params
	for _, line := range strings.Split(string(b[:n]), "\n") {
		if name, value, ok := strings.Cut(line, ":"); ok && len(h.Values(name)) > 0 {
			p.Add(name, strings.TrimSpace(value))
		}
	}
	return "head " + strconv.Itoa(status) + t.Pairs(p), n, nil
}

// Pairs prints variables or fields, each with a space before it.
func (t *Trace) Pairs(p protocol.Params) string {
	var s strings.Builder
	for name, value := range p.All() {
		if q := strconv.Quote(name); q != `"`+name+`"` || name == "" {
			name = q
		}
		s.WriteString(" " + name + "=" + t.Quote(value))
	}
	return s.String()
}

// Quote prints s, or as much of it as is wanted and how much more there is.
func (t *Trace) Quote(s string) string {
	limit := t.Max
	if limit == 0 {
		limit = 64
	}
	if limit < 0 || len(s) <= limit {
		return strconv.Quote(s)
	}
	return strconv.Quote(s[:limit]) + "+" + strconv.Itoa(len(s)-limit)
}
