package cgi

import (
	"log/slog"
	"sync"
	"time"

	"github.com/postern-gateway/postern/internal/ratelimit"
	"github.com/postern-gateway/postern/protocol"
)

// A Client runs programs: each request starts one process, which gets the request as its
// environment and standard input and answers on its standard output (RFC 3875). It is a
// [protocol.RoundTripper], safe for concurrent use, and must not be changed once in use. Set Path
// or Dir.
//
// The request's body goes to the script while its output is read. Two kinds of bodies are read to
// their end before the script starts: those of unknown length, within Limits, so that
// CONTENT_LENGTH is true; and those of at most 4 KiB.
type Client struct {
	// Path is the one program that all requests go to. A relative one is below our working
	// directory. Mount is the URL path at which it stands, its SCRIPT_NAME, with or without slashes
	// at the end. What follows is its PATH_INFO.
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
	// PassEnv names the variables of our own environment that a script gets. They replace those of
	// the request, except meta-variables of RFC 3875 and header fields that the request has. nil:
	// PATH, LANG, LC_ALL, LC_CTYPE, TZ and TMPDIR. HTTP_PROXY is never passed on, whatever its
	// source. Variables that steer a loader or an interpreter (PATH, LD_PRELOAD, BASH_ENV,
	// PERL5OPT; see [protocol.Steers]) come from here and from Env alone, never from a request.
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
	// LocalRedirects follows local redirects (section 6.2.2) for requests of every protocol: a
	// response that is nothing but a Location with a path of this Client is replaced by that of the
	// script at that path. Without it they are followed only for requests by HTTP, where we are the
	// server. Behind a front the front is the server, and its client gets a 302. So does that of
	// a request that has passed rules or mounts (see [protocol.Request]), which are to see the new
	// path.
	LocalRedirects bool
	// CommandLine passes the search words of an indexed query as arguments (section 4.4).
	CommandLine bool

	// Processes is how many processes may run at once; Queue how many requests may wait for one of
	// them to end, for QueueTimeout at most. Beyond that a request is answered 503, with a
	// Retry-After. In all three 0 is the default: 64 processes, 256 requests, 30 s. Negative is no
	// limit; but with Queue it is no queue.
	Processes    int
	Queue        int
	QueueTimeout time.Duration

	// The longest times that a script may take to the first byte of its output, which is also the
	// time for the whole head, from one byte to the next, and in all. After that it is stopped and
	// the request fails with 504. But for the last the time in which more of the body has yet to
	// come does not count. 0 is the default: 5 min, 5 min, no limit. Negative is no limit.
	FirstByteTimeout time.Duration
	ReadTimeout      time.Duration
	TotalTimeout     time.Duration

	// LingerTime bounds two waits: after the script exits, for other processes that hold its
	// standard output open; after its standard output closes, for the script to exit. Then the
	// response counts as whole, and what is left of the process group is stopped unless
	// KeepBackground is set. 0 is 1 s; negative is no wait.
	LingerTime time.Duration
	// KeepBackground lets processes run on in the background although they hold the pipes of the
	// response open. Without it only those run on that have closed them.
	KeepBackground bool
	// KillGrace is the time from SIGTERM to SIGKILL when the process group of a script is stopped.
	// 0 is 5 s; negative is no time.
	KillGrace time.Duration

	// User and Group are whom scripts run as, by name or number; only root can set them. Without a
	// Group it is that of User, with all others that User is in. Umask is octal, "027". What is
	// empty stays as it is for our own process.
	User  string
	Group string
	Umask string
	// ResourceLimits bound the memory, the processor time and the like of each script.
	ResourceLimits ResourceLimits

	// Limits: ResponseHead bounds a script's head, SpoolMemory and Spool a body of unknown length.
	// nil: the defaults.
	Limits *protocol.Limits

	// Log gets what goes wrong with scripts, and what they write to standard error; nil is
	// slog.Default. StderrRate bounds the latter, in lines a second: 0 is 100, negative no limit.
	Log        *slog.Logger
	StderrRate int

	// Observe, if it is set, is called once for each run of a script, when its response has ended,
	// by the goroutine that reads or closes the response.
	Observe func(Run)

	fork forkExec // for tests; nil: syscall.ForkExec

	lines      logLines
	rate       rate
	steerOnce  sync.Once // logs that a variable which steers was dropped
	queue      queue
	counters   counters
	attributes processAttributes
	running    sync.WaitGroup // counts processes and their goroutines
	mu         sync.Mutex
	procs      map[*process]struct{}
	closed     bool
}

// logLines count the lines of the log, of each kind by itself: as many requests as a client sends
// may lead to one.
type logLines struct {
	failed, refused, surplus ratelimit.Limiter
}

// The defaults of [Client].
const (
	DefaultProcesses    = 64
	DefaultQueue        = 256
	DefaultQueueTimeout = 30 * time.Second
	DefaultReadTimeout  = 5 * time.Minute // also the FirstByteTimeout
	DefaultLingerTime   = time.Second
	DefaultKillGrace    = 5 * time.Second
	DefaultStderrRate   = 100

	maxRedirects = 10
)

// orDefault resolves an option: 0 is its default, a negative value is none.
func orDefault[T ~int | ~int64](v, byDefault, none T) T {
	switch {
	case v == 0:
		return byDefault
	case v < 0:
		return none
	}
	return v
}

func (c *Client) totalTimeout() time.Duration { return max(c.TotalTimeout, 0) }

func (c *Client) lingerTime() time.Duration { return orDefault(c.LingerTime, DefaultLingerTime, 0) }

func (c *Client) killGrace() time.Duration { return orDefault(c.KillGrace, DefaultKillGrace, 0) }

func (c *Client) stderrRate() int { return orDefault(c.StderrRate, DefaultStderrRate, -1) }

// readTimeout is how long a read of the output may take, before or after its first byte; 0 is no
// limit.
func (c *Client) readTimeout(afterFirst bool) time.Duration {
	if afterFirst {
		return orDefault(c.ReadTimeout, DefaultReadTimeout, 0)
	}
	return orDefault(c.FirstByteTimeout, DefaultReadTimeout, 0)
}

func (c *Client) passEnv() []string {
	if c.PassEnv == nil {
		return defaultPassEnv
	}
	return c.PassEnv
}

func (c *Client) log() *slog.Logger {
	if c.Log == nil {
		return slog.Default()
	}
	return c.Log
}

func (c *Client) forkExec() forkExec {
	if c.fork == nil {
		return systemFork
	}
	return c.fork
}
