package cgi

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"strconv"
	"strings"
	"sync"

	"github.com/postern-gateway/postern/internal/netio"
	"github.com/postern-gateway/postern/protocol"
)

// respond reads the head of a script's response.
func respond(ctx context.Context, r *protocol.Request, s *script, p *process) (*protocol.Response, error) {
	b := &output{p: p, stderr: protocol.ContextStderr(ctx), body: netio.Answer{
		Protocol: name, Request: r, Script: p.path, Log: p.c.Log, Drain: true}}
	p.lines.keepRaw = b.stderr != nil
	first := &firstBytes{r: (*rawOutput)(b)}
	status, h, rest, err := readHead(first, s, p.c.Limits.Resolve().ResponseHead)
	if err == nil {
		b.rest = rest
		err = b.body.Open(status, h, (*rawOutput)(b))
	}
	if err != nil {
		err = headFailed(p, err)
		p.abandon(err)
		b.pass()
		return nil, err
	}
	if len(h) == 1 && first.loneLocation() {
		status = localRedirect
	}
	return &protocol.Response{Status: status, Header: h, Body: b}, nil
}

// readHead reads the head. Before that of a non-parsed-header script there may be informational
// ones, which are left out.
func readHead(r io.Reader, s *script, limit int) (status int, h http.Header, rest []byte, err error) {
	status, h, rest, err = protocol.ReadHead(r, limit)
	for err == nil && status < 200 && s.isNPH() {
		status, h, rest, err = protocol.ReadHead(io.MultiReader(bytes.NewReader(rest), r), limit)
	}
	if err == nil && status < 200 {
		err = badHead("status " + strconv.Itoa(status))
	}
	return status, h, rest, err
}

func badHead(detail string) error {
	return &protocol.Error{Op: "read response head", Kind: protocol.ErrUpstream, Detail: detail}
}

// headFailed adds to what is wrong with a head which script it was, and how it ended.
func headFailed(p *process, err error) error {
	e, ok := err.(*protocol.Error)
	if !ok || e.Protocol != "" {
		return err
	}
	how := ""
	p.mu.Lock()
	if p.natural && p.status.Exited() && p.status.ExitStatus() != 0 {
		how = ", exit status " + strconv.Itoa(p.status.ExitStatus())
	}
	p.mu.Unlock()
	return &protocol.Error{Protocol: name, Op: "run " + p.path + how, Kind: protocol.ErrUpstream, Err: err}
}

// firstBytes remembers how the output begins.
type firstBytes struct {
	r     io.Reader
	first []byte
}

func (f *firstBytes) Read(p []byte) (int, error) {
	n, err := f.r.Read(p)
	if room := 512 - len(f.first); room > 0 {
		f.first = append(f.first, p[:min(n, room)]...)
	}
	return n, err
}

// loneLocation reports whether the head began with Location: there is but one field, so there is no
// Status and no status line then, and the response asks for a local redirect if the location is
// local.
func (f *firstBytes) loneLocation() bool {
	const field = "location:"
	if len(f.first) < len(field) || !strings.EqualFold(string(f.first[:len(field)]), field) {
		return false
	}
	line, rest, _ := bytes.Cut(f.first, []byte("\n"))
	return len(line) < 512 && (bytes.HasPrefix(rest, []byte("\n")) || bytes.HasPrefix(rest, []byte("\r\n")))
}

// An output is the body of a script's response. It ends with the script's output.
type output struct {
	p      *process
	stderr io.Writer // nil: nobody asked for it
	rest   []byte    // what came with the head
	body   netio.Answer
	once   sync.Once
}

// Read implements io.Reader.
func (b *output) Read(p []byte) (n int, err error) {
	n, err = b.body.Read(p)
	switch e, ok := err.(*protocol.Error); {
	case ok && e.Protocol == "":
		err = b.p.failed(errors.New("output ended: " + e.Detail))
	case !ok && err != nil && err != io.EOF: // of its chunks
		err = b.p.failed(err)
	}
	return n, err
}

// A rawOutput is what comes after the head.
type rawOutput output

// Pending implements [netio.Raw].
func (b *rawOutput) Pending() bool { return len(b.rest) > 0 }

// Read reads what came with the head, then the pipe.
func (b *rawOutput) Read(p []byte) (n int, err error) {
	if len(b.rest) > 0 {
		n = copy(p, b.rest)
		b.rest = b.rest[n:]
		return n, nil
	}
	n, err = b.p.Read(p)
	(*output)(b).pass()
	return n, err
}

// pass passes on what the script wrote to standard error.
func (b *output) pass() {
	if b.stderr != nil {
		b.p.lines.pass(b.stderr)
	}
}

// Close ends the exchange. A script whose output is whole, or not wanted (HEAD), has the linger
// time to end; any other is ended. Who closes early does not wait for that.
func (b *output) Close() error {
	b.once.Do(func() {
		if b.body.Whole() {
			b.p.settleLater()
		} else {
			b.p.abandon(errClosed)
		}
		b.pass()
	})
	return nil
}

var errClosed = &protocol.Error{Protocol: name, Op: "read body", Kind: protocol.ErrAborted, Detail: "the response was closed"}
