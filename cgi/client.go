package cgi

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/postern-gateway/postern/protocol"
)

// A Client runs programs: each request starts one process, which gets the request as its
// environment and standard input and answers on its standard output (RFC 3875). It is a
// [protocol.RoundTripper], safe for concurrent use, and must not be changed once in use. Set Path
// or Dir.
//
// The request's body goes to the script while its output is read. A body of unknown length is taken
// in first, within Limits, so that CONTENT_LENGTH is true, and so is one of a few KiB.
type Client struct {
	// Path is the one program that all requests go to; one that is not absolute is below our
	// working directory. Mount is the URL path at which it stands, its SCRIPT_NAME; slashes at the
	// end do not count. What follows is its PATH_INFO.
	Path  string
	Mount string

	// Dir maps requests to scripts, if Path is empty.
	Dir *Dir

	// Interpreters gives the program that runs scripts of an extension, with its arguments: ".py":
	// "/usr/bin/python3 -u". Such scripts need not be executable; all others must be.
	Interpreters map[string]string

	// WorkDir is the working directory of the scripts. Empty: the directory that a script lies in.
	WorkDir string

	// Env are variables, "NAME=value", that every script gets, whatever the request says.
	Env []string
	// PassEnv names the variables of our own environment that a script gets, whatever the request
	// says of them; but those of RFC 3875 and header fields are the request's where it has them.
	// nil: PATH, LANG, LC_ALL, LC_CTYPE, TZ and TMPDIR. HTTP_PROXY is never passed on, from
	// nowhere. What steers a loader or an interpreter (PATH, LD_PRELOAD, BASH_ENV, PERL5OPT; see
	// [protocol.Steers]) a script gets from here and from Env alone, never from a request.
	PassEnv []string
	// PassAuthorization passes the client's credentials on, HTTP_AUTHORIZATION and
	// HTTP_PROXY_AUTHORIZATION. Without it only the front sees them (RFC 3875 section 9.2).
	PassAuthorization bool
	// MethodOptional runs scripts also for requests without a REQUEST_METHOD, as fcgiwrap does.
	// Without it they fail with 400.
	MethodOptional bool
	// DropFunctions leaves out header fields whose value starts as the definition of a shell
	// function does, for shells that are as old as Shellshock (CVE-2014-6271).
	DropFunctions bool
	// DocumentRoot is what PATH_TRANSLATED is below. Empty: DOCUMENT_ROOT of the request; without
	// either there is none.
	DocumentRoot string
	// LocalRedirects has a response that is nothing but a Location with a path of ours (section
	// 6.2.2) answered by the script at that path, here, whatever the request came by. Without it
	// that is done only for requests by HTTP, where we are the server; behind a front the front is,
	// and its client is sent a 302.
	LocalRedirects bool
	// CommandLine gives the words of an indexed query as arguments (section 4.4).
	CommandLine bool

	// Processes is how many processes may run at once; Queue how many requests may wait for one of
	// them to end, for QueueTimeout at most. Beyond that a request is answered 503, with a
	// Retry-After. In all three 0 is the default: 64 processes, 256 requests, 30 s. Negative is no
	// limit; but with Queue it is no queue.
	Processes    int
	Queue        int
	QueueTimeout time.Duration

	// How long a script may keep us waiting: for the first byte of its output, for each further
	// one, and in all. Beyond it is ended and the request fails with 504. 0 is the default: 5 min,
	// 5 min, no limit. Negative is no limit.
	FirstByteTimeout time.Duration
	ReadTimeout      time.Duration
	TotalTimeout     time.Duration

	// LingerTime is how long the response is held, once the script has ended, for another process
	// that has its standard output open; and once the output has ended, for a script that runs on.
	// Then the response ends, as whole, and what is left of the process group is ended, unless
	// KeepBackground is set. 0 is 1 s; negative is not at all.
	LingerTime time.Duration
	// KeepBackground lets processes run on in the background that have not let go of the response's
	// pipes. Those that have are never touched.
	KeepBackground bool
	// KillGrace is the time between SIGTERM and SIGKILL for the group of a script that is ended. 0
	// is 5 s.
	KillGrace time.Duration

	// User and Group are whom scripts run as, by name or number; only root can set them. Without a
	// Group it is that of User, with all others that User is in. Umask is octal, "027". What is
	// empty stays as it is for our own process.
	User  string
	Group string
	Umask string
	// ResourceLimits bound the memory, the processor time and the like of each script.
	ResourceLimits ResourceLimits

	// Limits: ResponseHead bounds a script's head; SpoolMemory and Spool a body that is taken in.
	// nil: the defaults.
	Limits *protocol.Limits

	// Log is told of what goes wrong with scripts, and of what they write to standard error,
	// StderrRate lines a second: 0 is 100, negative is no limit. nil: slog.Default.
	Log        *slog.Logger
	StderrRate int

	// Observe, if it is set, is told of each run of a script when its response has ended. It is
	// called by the goroutine that reads or closes the response, which it holds up.
	Observe func(Run)

	fork forkExec // for tests; nil: syscall.ForkExec

	rate       rate
	steered    sync.Once // a variable that steers was dropped, and that was logged
	queue      queue
	counters   counters
	attributes processAttributes
	running    sync.WaitGroup // processes, and their goroutines
	mu         sync.Mutex
	procs      map[*process]struct{}
	closed     bool
}

// RoundTrip runs a script for r. The error's status says what to answer; its text names the script
// and the cause.
func (c *Client) RoundTrip(ctx context.Context, r *protocol.Request) (*protocol.Response, error) {
	for redirects := 0; ; redirects++ {
		resp, err := c.dispatch(ctx, r)
		if err != nil {
			return nil, err
		}
		next := c.localRedirect(r, resp)
		if next == nil {
			return resp, nil
		}
		resp.Body.Close()
		if redirects == maxRedirects {
			return nil, &protocol.Error{Protocol: name, Op: "redirect", Kind: protocol.ErrUpstream,
				Detail: protocol.Exceeds(maxRedirects+1, maxRedirects, "local redirects") + ", the last to " + clip(resp.Header.Get("Location"))}
		}
		r = next
	}
}

// dispatch finds the script of r and runs it.
func (c *Client) dispatch(ctx context.Context, r *protocol.Request) (*protocol.Response, error) {
	s, redirect, err := c.find(r.Params)
	if err != nil {
		return nil, err
	}
	if redirect != "" {
		return moved(r, redirect), nil
	}
	if s.file, err = filepath.Abs(s.file); err != nil { // it is started from its own directory
		return nil, startFailed(&command{path: s.file}, err)
	}
	if ctx.Err() != nil {
		return nil, aborted(s.file, context.Cause(ctx))
	}
	return c.run(ctx, r, s)
}

// find maps r to its script.
func (c *Client) find(p protocol.Params) (s *script, redirect string, err error) {
	if c.Path == "" {
		if c.Dir == nil {
			return nil, "", refused(http.StatusInternalServerError, "the client has neither a Path nor a Dir")
		}
		return c.Dir.find(p)
	}
	asked, err := p.Path()
	if err != nil {
		return nil, "", err
	}
	info, ok := protocol.Below(asked, c.Mount)
	if !ok {
		return nil, "", notFound(asked, "not below "+c.Mount)
	}
	return &script{file: c.Path, name: asked[:len(asked)-len(info)], info: info}, "", nil
}

// moved is the answer to a path that lacks its final slash.
func moved(r *protocol.Request, to string) *protocol.Response {
	if q := r.Params.Get("QUERY_STRING"); q != "" {
		to += "?" + q
	}
	return answer(http.StatusMovedPermanently, http.Header{"Location": {to}}, "")
}

// answer is a response of our own.
func answer(status int, h http.Header, text string) *protocol.Response {
	if text != "" {
		h.Set("Content-Type", "text/plain; charset=utf-8")
	}
	return &protocol.Response{Status: status, Header: h, Body: io.NopCloser(strings.NewReader(text))}
}

// run starts s, once there is room for it, and reads the head of its response.
func (c *Client) run(ctx context.Context, r *protocol.Request, s *script) (*protocol.Response, error) {
	in, err := c.openInput(r)
	if err != nil {
		return nil, err
	}
	busy, err := c.acquire(ctx, s)
	if busy != nil || err != nil {
		in.close()
		return busy, err
	}
	p, err := c.start(ctx, r, s, in)
	if err != nil {
		c.release()
		in.close()
		return nil, err
	}
	return respond(ctx, r, s, p)
}

// start starts s with the input in.
func (c *Client) start(ctx context.Context, r *protocol.Request, s *script, in *input) (*process, error) {
	env, err := c.environment(r, s, in.length)
	if err != nil {
		return nil, err
	}
	var words []string
	if c.CommandLine {
		words = searchWords(r.Params.Get("REQUEST_METHOD"), r.Params.Get("QUERY_STRING"))
	}
	cmd := c.command(s, env, words)
	if err := c.setAttributes(cmd); err != nil {
		return nil, err
	}
	began := time.Now()
	sp, err := spawn(cmd, in.length > 0, c.forkExec())
	if err != nil {
		return nil, startFailed(cmd, err)
	}
	p := &process{c: c, ctx: ctx, pid: sp.pid, path: s.file, began: began, room: pipeSize,
		sent:  int64(size(env)) + max(in.length, 0),
		lines: &stderrLog{c: c, fd: sp.stderr, script: s.file, r: r},
	}
	p.stdout.open(sp.stdout)
	p.soon = time.AfterFunc(quick, p.mind)
	c.started(p)
	in.feed(p, sp.stdin)
	return p, nil
}
