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

// respond reads the head of the response of p, the run of s for r.
func respond(ctx context.Context, r *protocol.Request, s *script, p *process) (*protocol.Response, error) {
	b := &scriptBody{p: p, stderr: protocol.ContextStderr(ctx), body: netio.Answer{
		Protocol: name, Request: r, Script: p.path, Log: p.c.Log, Lines: &p.c.lines.surplus, Drain: true}}
	first := &firstBytes{r: (*responseReader)(b)}
	status, h, rest, err := readHead(first, s, p.c.Limits.Resolve().ResponseHead)
	if err == nil {
		p.noteHead()
		b.rest = rest
		err = b.body.Open(status, h, (*responseReader)(b))
	}
	if err != nil {
		err = headError(p, err)
		p.abort(err)
		b.passStderr()
		return nil, err
	}
	if len(h) == 1 && first.loneLocation() {
		status = localRedirect
	}
	return &protocol.Response{Status: status, Header: h, Body: b}, nil
}

// readHead reads the head, and what came with it of the body. Informational heads, which a
// non-parsed-header script may send first, are skipped.
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

// headError adds to an error of the head the script, and its exit status unless that is 0.
func headError(p *process, err error) error {
	e, ok := err.(*protocol.Error)
	if !ok || e.Protocol != "" {
		return err
	}
	how := ""
	p.mu.Lock()
	if p.exitedByItself && p.status.Exited() && p.status.ExitStatus() != 0 {
		how = ", exit status " + strconv.Itoa(p.status.ExitStatus())
	}
	p.mu.Unlock()
	return &protocol.Error{Protocol: name, Op: "run " + p.path + how, Kind: protocol.ErrUpstream, Err: err}
}

// A firstBytes reads from r and keeps the first 512 bytes.
type firstBytes struct {
	r     io.Reader
	first []byte
}

func (f *firstBytes) Read(p []byte) (int, error) {
	n, err := f.r.Read(p)
	if missing := 512 - len(f.first); missing > 0 {
		f.first = append(f.first, p[:min(n, missing)]...)
	}
	return n, err
}

// loneLocation reports whether the head is one line, a Location. It is asked for heads of one
// field: this one has neither a Status nor a status line then, and asks for a local redirect if the
// location is local.
func (f *firstBytes) loneLocation() bool {
	const field = "location:"
	if len(f.first) < len(field) || !strings.EqualFold(string(f.first[:len(field)]), field) {
		return false
	}
	line, rest, _ := bytes.Cut(f.first, []byte("\n"))
	return len(line) < 512 && (bytes.HasPrefix(rest, []byte("\n")) || bytes.HasPrefix(rest, []byte("\r\n")))
}

// A scriptBody is the body of a script's response. It ends with the script's output.
type scriptBody struct {
	p      *process
	stderr io.Writer // gets what the script writes to standard error; nil: nobody asked for it
	rest   []byte    // of the body, what came with the head
	body   netio.Answer
	once   sync.Once
}

// Read implements io.Reader.
func (b *scriptBody) Read(p []byte) (n int, err error) {
	n, err = b.body.Read(p)
	switch e, ok := err.(*protocol.Error); {
	case ok && e.Protocol == "":
		err = b.p.runError(errors.New("output ended: " + e.Detail))
	case !ok && err != nil && err != io.EOF: // its chunked coding is malformed
		err = b.p.runError(err)
	}
	return n, err
}

// A responseReader reads the output after the head, as it comes from the script.
type responseReader scriptBody

// Pending implements [netio.Raw].
func (b *responseReader) Pending() bool { return len(b.rest) > 0 }

// Read reads what came with the head, then the pipe.
func (b *responseReader) Read(p []byte) (n int, err error) {
	if len(b.rest) > 0 {
		n = copy(p, b.rest)
		b.rest = b.rest[n:]
		return n, nil
	}
	n, err = b.p.Read(p)
	(*scriptBody)(b).passStderr()
	return n, err
}

// passStderr writes to b.stderr what the script has written to standard error since the last call.
func (b *scriptBody) passStderr() {
	if b.stderr != nil {
		b.p.stderr.writeRawTo(b.stderr)
	}
}

// Close ends the exchange, without waiting for the script. If the response is whole, or its body
// not wanted (HEAD), the script has LingerTime to end by itself; else it is stopped.
func (b *scriptBody) Close() error {
	b.once.Do(func() {
		if b.body.Whole() {
			b.p.discardOutput()
		} else {
			b.p.abort(errClosed)
		}
		b.passStderr()
	})
	return nil
}

var errClosed = &protocol.Error{Protocol: name, Op: "read body", Kind: protocol.ErrAborted, Detail: "the response was closed"}
