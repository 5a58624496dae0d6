package cgi

import (
	"bufio"
	"cmp"
	"context"
	"io"
	"log/slog"
	"net/http"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/postern-gateway/postern/protocol"
)

// IsScript reports whether this process was started as a CGI script: GATEWAY_INTERFACE says so (RFC
// 3875 section 4.1.4).
func IsScript() bool { return strings.HasPrefix(os.Getenv("GATEWAY_INTERFACE"), "CGI/") }

// Serve answers the one request that this process was started for, as a CGI script. See [Program].
func Serve(h protocol.Handler) error { return new(Program).Serve(h) }

// A Program is this process as a CGI script: its environment and its standard input are the
// request, its standard output takes the response. The zero value is ready to use.
//
// The server sends SIGTERM when the client is gone or the time is up. That ends the request's
// context. A handler that does not watch its context runs on until it returns, or until SIGKILL.
type Program struct {
	// NPH makes the program a non-parsed-header script (RFC 3875 section 5), whose response begins
	// with a status line and reaches the client as it is. A name that begins with "nph-" does too.
	NPH bool

	Limits *protocol.Limits // nil: the defaults
	Log    *slog.Logger     // nil: slog.Default, which writes to standard error

	Observe func(*protocol.Request, protocol.Summary) // see [protocol.Loop]; may be nil

	// The request and the response. nil: the process's own.
	Environ []string
	Stdin   io.Reader
	Stdout  io.Writer
	Stderr  io.Writer
}

// Serve answers the request with h and returns when the response is written. It returns an error if
// the response could not be written or is incomplete, or if the request was refused before h saw
// it, which the response then says. An error of h before the first write becomes an error page, and
// is logged.
//
// Only a Content-Length and the way in which a script ends can tell the server that a response is
// incomplete. So if h fails after the head has gone out, and Stdout is the process's own, Serve
// ends the process by SIGKILL.
func (p *Program) Serve(h protocol.Handler) error {
	c := p.newConn()
	loop := &protocol.Loop{Handler: c.noting(h), Limits: p.Limits, Log: p.Log, Observe: c.noteRefused(p.Observe)}
	err := loop.Serve(context.Background(), c)
	if c.out.incomplete != nil && p.Stdout == nil {
		killSelf()
	}
	return cmp.Or(c.out.err, c.out.incomplete, err)
}

// killSelf ends the process as one whose response is incomplete.
func killSelf() {
	if self, err := os.FindProcess(os.Getpid()); err == nil && self.Kill() == nil {
		select {}
	}
}

func (p *Program) newConn() *conn {
	c := &conn{own: p.Environ == nil, lim: p.Limits.Resolve(), environ: p.Environ, stdin: p.Stdin, stderr: p.Stderr, form: protocol.StatusField}
	if c.environ == nil {
		c.environ = os.Environ()
	}
	if c.stdin == nil {
		c.stdin = os.Stdin
	}
	if c.stderr == nil {
		c.stderr = os.Stderr
	}
	stdout := p.Stdout
	if stdout == nil {
		stdout = os.Stdout
	}
	if p.NPH || strings.HasPrefix(filepath.Base(os.Args[0]), "nph-") {
		c.form = protocol.StatusLine
	}
	c.out = &encoder{to: stdout, stderr: c.stderr, form: c.form, buf: bufio.NewWriterSize(stdout, 32<<10)}
	return c
}

// A conn is the conversation of a Program: one request.
type conn struct {
	lim     protocol.Limits
	environ []string
	stdin   io.Reader
	stderr  io.Writer
	form    protocol.HeadForm
	out     *encoder
	served  bool   // Next has returned the request
	handled bool   // the handler has seen it
	refused error  // why it has not
	own     bool   // the request is the process's own
	unwatch func() // undoes watch; nil: not called
}

// Next implements [protocol.Conn].
func (c *conn) Next(context.Context) (*protocol.Request, protocol.Encoder, error) {
	if c.served {
		return nil, nil, cmp.Or(c.refused, io.EOF) // io.EOF: a clean end
	}
	c.served = true
	r := &protocol.Request{Protocol: name, Body: c.stdin}
	if c.own {
		c.watch(r)
	}
	err := c.readParams(r)
	if err == nil {
		var ok bool
		r.ContentLength, ok, err = r.DeclaredLength()
		switch {
		case ok || err != nil:
		case strings.EqualFold(r.Params.Get("HTTP_TRANSFER_ENCODING"), "chunked"):
			// Apache decodes the chunks, and the body ends with standard input
			r.ContentLength = -1
		default: // without a length there is no body (RFC 3875 section 4.2)
			r.ContentLength = 0
		}
	}
	return r, c.out, err
}

// noting is h, which notes that it has seen the request.
func (c *conn) noting(h protocol.Handler) protocol.Handler {
	return protocol.HandlerFunc(func(w protocol.ResponseWriter, r *protocol.Request) error {
		c.handled = true
		return h.Serve(w, r)
	})
}

// noteRefused is observe, which may be nil, and notes why no handler has seen the request.
func (c *conn) noteRefused(observe func(*protocol.Request, protocol.Summary)) func(*protocol.Request, protocol.Summary) {
	return func(r *protocol.Request, s protocol.Summary) {
		if !c.handled {
			c.refused = s.Err
		}
		if observe != nil {
			observe(r, s)
		}
	}
}

// readParams makes the environment the request's variables, without those that are withheld from
// programs, such as HTTP_PROXY.
func (c *conn) readParams(r *protocol.Request) error {
	if len(c.environ) > c.lim.ParamCount {
		return tooLarge(len(c.environ), c.lim.ParamCount, "variables")
	}
	r.Params = make(protocol.Params, 0, len(c.environ))
	total := 0
	for _, pair := range c.environ {
		key, value, ok := strings.Cut(pair, "=")
		if !ok || key == "" || protocol.Withheld(key, protocol.FromEnvironment) {
			continue
		}
		if total += len(pair) + 1; total > c.lim.ParamBytes {
			return tooLarge(total, c.lim.ParamBytes, "bytes")
		}
		r.Params.Add(key, value)
	}
	return nil
}

func tooLarge(got, limit int, unit string) error {
	return &protocol.Error{Protocol: name, Op: "read environment", Kind: protocol.ErrTooLarge, Status: http.StatusRequestHeaderFieldsTooLarge,
		Detail: protocol.Exceeds(int64(got), int64(limit), unit)}
}

// watch ends the context of r when the server sends SIGTERM. It does so from the start, because a
// signal that is not caught ends the process at once.
func (c *conn) watch(r *protocol.Request) {
	signals, done := make(chan os.Signal, 1), make(chan struct{})
	signal.Notify(signals, syscall.SIGTERM)
	var watching sync.WaitGroup
	watching.Go(func() {
		select {
		case <-signals:
			r.Cancel(&protocol.Error{Protocol: name, Op: "serve", Kind: protocol.ErrAborted, Detail: "the server sent SIGTERM"})
		case <-done:
		}
	})
	c.unwatch = func() {
		signal.Stop(signals)
		close(done)
		watching.Wait()
	}
}

// Close implements [protocol.Conn].
func (c *conn) Close() error {
	if c.unwatch != nil {
		c.unwatch()
	}
	drain(c.stdin)
	return nil
}

// drainTime bounds how long drain reads.
const drainTime = 30 * time.Second

// drain reads and discards the rest of a body that comes by a socket, as that of Apache's mod_cgid
// does. Closing a socket with bytes unread resets the connection, and the response could be lost. A
// pipe does not need it.
func drain(stdin io.Reader) {
	f, ok := stdin.(*os.File)
	if !ok {
		return
	}
	if info, err := f.Stat(); err != nil || info.Mode()&os.ModeSocket == 0 {
		return
	}
	done := make(chan struct{})
	go func() { // which ends with the process at the latest
		defer close(done)
		_, _ = io.Copy(io.Discard, f)
	}()
	timer := time.NewTimer(drainTime)
	defer timer.Stop()
	select {
	case <-done:
	case <-timer.C:
	}
}
