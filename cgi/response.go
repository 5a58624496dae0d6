package cgi

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httputil"
	"strconv"
	"strings"
	"sync"

	"github.com/postern-gateway/postern/protocol"
)

// respond reads the head of a script's response.
func respond(ctx context.Context, r *protocol.Request, s *script, p *process) (*protocol.Response, error) {
	b := &output{p: p, stderr: protocol.ContextStderr(ctx), declared: -1}
	p.lines.keepRaw = b.stderr != nil
	first := &firstBytes{r: readerFunc(b.read)}
	status, h, rest, err := readHead(first, s, p.c.Limits.Resolve().ResponseHead)
	if err == nil {
		b.rest, b.left = rest, -1
		err = b.settle(r, s, status, h)
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

// readHead reads the head. Before that of a non-parsed-header script there may be informational ones, which are left out.
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

// hopByHop are the fields that are not a script's to send (RFC 9110 section 7.6.1).
var hopByHop = []string{"Connection", "Keep-Alive", "Proxy-Connection", "Te", "Trailer", "Transfer-Encoding", "Upgrade"}

// settle finds out how long the body is, and cleans the header.
func (b *output) settle(r *protocol.Request, s *script, status int, h http.Header) error {
	if s.isNPH() && strings.EqualFold(h.Get("Transfer-Encoding"), "chunked") {
		b.decoded = httputil.NewChunkedReader(bufio.NewReader(readerFunc(b.read)))
		delete(h, "Content-Length")
	}
	for _, name := range hopByHop {
		delete(h, name)
	}
	b.head = r.Params.Get("REQUEST_METHOD") == http.MethodHead || status == http.StatusNoContent || status == http.StatusNotModified
	if v := h["Content-Length"]; len(v) > 0 {
		n, err := strconv.ParseUint(v[0], 10, 63)
		if err != nil || len(v) > 1 {
			return badHead("Content-Length " + strconv.Quote(clip(strings.Join(v, ", "))))
		}
		if !b.head {
			b.declared, b.left = int64(n), int64(n)
		}
	}
	return nil
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

// loneLocation reports whether the head began with Location: there is but one field, so there is no Status and no status line
// then, and the response asks for a local redirect if the location is local.
func (f *firstBytes) loneLocation() bool {
	const field = "location:"
	if len(f.first) < len(field) || !strings.EqualFold(string(f.first[:len(field)]), field) {
		return false
	}
	line, rest, _ := bytes.Cut(f.first, []byte("\n"))
	return len(line) < 512 && (bytes.HasPrefix(rest, []byte("\n")) || bytes.HasPrefix(rest, []byte("\r\n")))
}

type readerFunc func([]byte) (int, error)

func (f readerFunc) Read(p []byte) (int, error) { return f(p) }

// An output is the body of a script's response.
type output struct {
	p        *process
	stderr   io.Writer // nil: nobody asked for it
	rest     []byte    // what came with the head
	decoded  io.Reader // takes the chunks of a non-parsed-header script apart; nil: there are none
	declared int64     // Content-Length, -1: none
	left     int64     // of it
	head     bool      // there is to be no body: HEAD, 204, 304
	err      error     // how it ended
	once     sync.Once
}

// Read implements io.Reader. What a script writes beyond its Content-Length is left out, and logged.
func (b *output) Read(p []byte) (n int, err error) {
	switch {
	case b.err != nil || len(p) == 0:
		return 0, b.err
	case b.decoded != nil:
		n, err = b.decoded.Read(p)
	default:
		n, err = b.read(p)
	}
	if b.left >= 0 && int64(n) > b.left {
		b.p.c.log().Warn("cgi: output beyond its Content-Length", "script", b.p.path, "declared", b.declared)
		n, err = int(b.left), io.EOF
	}
	if b.left > 0 {
		b.left -= int64(n)
	}
	switch {
	case err != nil && b.left == 0 && b.declared >= 0: // it is whole, whatever has become of the script since
		err = io.EOF
	case err == io.EOF && b.left > 0:
		err = b.p.failed(errors.New("output ended " + strconv.FormatInt(b.left, 10) + " bytes before its Content-Length"))
	}
	b.err = err
	return n, err
}

// read reads what came with the head, then the pipe.
func (b *output) read(p []byte) (n int, err error) {
	if len(b.rest) > 0 {
		n = copy(p, b.rest)
		b.rest = b.rest[n:]
		return n, nil
	}
	n, err = b.p.Read(p)
	b.pass()
	return n, err
}

// pass passes on what the script wrote to standard error.
func (b *output) pass() {
	if b.stderr != nil {
		b.p.lines.pass(b.stderr)
	}
}

// Close ends the exchange. A script whose output is whole, or not wanted (HEAD), has the linger time to end; any other is
// ended. Who closes early does not wait for that.
func (b *output) Close() error {
	b.once.Do(func() {
		if b.head || b.left == 0 {
			b.p.settleLater()
		} else {
			b.p.abandon(errClosed)
		}
		b.pass()
	})
	return nil
}

var errClosed = &protocol.Error{Protocol: name, Op: "read body", Kind: protocol.ErrAborted, Detail: "the response was closed"}
