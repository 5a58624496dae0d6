package probe

import (
	"context"
	"io"
	"net"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/postern-gateway/postern/fastcgi"
	"github.com/postern-gateway/postern/internal/fetch"
	"github.com/postern-gateway/postern/uwsgi"
)

// A Config says which backend is asked, for what, and what is well. Only URL must be set.
type Config struct {
	URL     string   // as [fetch.ParseTarget] reads it
	Options []string // of the backend
	Timeout time.Duration

	ConnectOnly bool   // a connection that is accepted is all
	Ping        string // the path of php-fpm's ping page, or of another that is to say Expect
	StatusPage  string // the path of php-fpm's status page
	Script      string // SCRIPT_FILENAME of the URL's path; empty, over FastCGI: the path

	Expect string // the whole answer's body, but for spaces around it; empty: "pong" of Ping
	Status int    // the answer's; 0: any below 400
	Bounds Bounds // of the status page
}

// The defaults of a Config.
const (
	DefaultTimeout = 2 * time.Second
	DefaultExpect  = "pong"
)

// A Report is what a probe has found.
type Report struct {
	OK    bool
	URL   string
	Check string // what was asked: "get-values", "ping", "connect", "request", "status-page"
	Took  time.Duration

	// Facts are what the backend says of itself, in order: "FCGI_MAX_CONNS" "8".
	Facts []Fact
	Error string // why it is not well; one line
}

// A Fact is something that a backend says of itself.
type Fact struct{ Name, Value string }

// Run asks. It returns an error only for a Config that contradicts itself, or names no backend: an
// [*fetch.Error].
func Run(ctx context.Context, cfg *Config) (*Report, error) {
	t, err := fetch.ParseTarget(cfg.URL, cfg.Options)
	if err != nil {
		return nil, err
	}
	r := &Report{URL: cfg.URL, Check: cfg.check(t)}
	if err := cfg.valid(t, r.Check); err != nil {
		return nil, err
	}
	if cfg.Timeout > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, cfg.Timeout)
		defer cancel()
	}
	began := time.Now()
	err = checks[r.Check](ctx, cfg, t, r)
	r.Took = time.Since(began)
	if e, ok := err.(*fetch.Error); ok && (e.Code == fetch.CodeUsage || e.Code == fetch.CodeURL) {
		return nil, err
	}
	if r.OK = err == nil; !r.OK {
		r.Error = err.Error()
	}
	return r, nil
}

// check is what is asked.
func (cfg *Config) check(t *fetch.Target) string {
	switch {
	case cfg.ConnectOnly:
		return "connect"
	case cfg.StatusPage != "":
		return "status-page"
	case cfg.Ping != "":
		return "ping"
	case t.URL.Path != "" || t.Backend.Wire() == "http":
		return "request"
	case t.Backend.Wire() == "fastcgi":
		return "get-values"
	case t.Backend.Wire() == "uwsgi":
		return "uwsgi-ping"
	}
	return "connect"
}

// checks are what can be asked.
var checks = map[string]func(ctx context.Context, cfg *Config, t *fetch.Target, r *Report) error{
	"connect":     connect,
	"get-values":  getValues,
	"uwsgi-ping":  uwsgiPing,
	"ping":        ping,
	"request":     request,
	"status-page": statusPage,
}

func usage(text string) error { return &fetch.Error{Code: fetch.CodeUsage, Text: text} }

// valid returns an error for what contradicts itself.
func (cfg *Config) valid(t *fetch.Target, check string) error {
	asks := check == "request" || check == "ping" || check == "status-page"
	ways := 0
	for _, said := range []bool{cfg.ConnectOnly, cfg.Ping != "", cfg.StatusPage != "", t.URL.Path != ""} {
		if said {
			ways++
		}
	}
	switch {
	case t.Backend.Network == "file":
		return usage("a program of CGI runs for a request alone: nothing is there to be probed; say postern get " + cfg.URL)
	case ways > 1:
		return usage("a path in the URL, --ping, --status-page and --connect are four checks: say one of them")
	case cfg.Bounds.isSet() && check != "status-page":
		return usage("--max-listen-queue and the like are for --status-page")
	case !asks && (cfg.Expect != "" || cfg.Status != 0 || cfg.Script != ""):
		return usage("--expect, --status and --script are for a request: say a path in the URL, or --ping PATH")
	case (cfg.Ping != "" || cfg.StatusPage != "") && cfg.Script != "":
		return usage("--script is for a path in the URL: php-fpm's own pages are their own scripts")
	}
	return nil
}

// connect connects, and no more.
func connect(ctx context.Context, _ *Config, t *fetch.Target, r *Report) error {
	return fetch.Speak(ctx, t, func(ctx context.Context, dial func(context.Context) (net.Conn, error)) error {
		c, err := dial(ctx)
		if err != nil {
			return err
		}
		return c.Close()
	})
}

// getValues asks a FastCGI backend what it knows of itself.
func getValues(ctx context.Context, _ *Config, t *fetch.Target, r *Report) error {
	err := fetch.Speak(ctx, t, func(ctx context.Context, dial func(context.Context) (net.Conn, error)) error {
		c := &fastcgi.Client{Dial: dial}
		values, err := c.GetValues(ctx)
		for name, value := range values.All() {
			r.Facts = append(r.Facts, Fact{name, value})
		}
		return err
	})
	return orElse(err, "a backend that knows no GET_VALUES is probed by a path in the URL, or by --connect")
}

// uwsgiPing sends uwsgi's own ping.
func uwsgiPing(ctx context.Context, _ *Config, t *fetch.Target, r *Report) error {
	err := fetch.Speak(ctx, t, func(ctx context.Context, dial func(context.Context) (net.Conn, error)) error {
		c := &uwsgi.Client{Dial: dial}
		warning, err := c.Ping(ctx)
		if warning != "" {
			r.Facts = append(r.Facts, Fact{"warning", warning})
		}
		return err
	})
	return orElse(err, "a backend that knows no ping of uwsgi is probed by a path in the URL, or by --connect")
}

// orElse adds advice to the error of a backend that is there and does not answer as it should.
func orElse(err error, advice string) error {
	e, ok := err.(*fetch.Error)
	if !ok || !slices.Contains([]int{fetch.CodeEmpty, fetch.CodeMalformed, fetch.CodeIncomplete, fetch.CodeTimeout}, e.Code) || strings.Contains(e.Text, "speaks ") {
		return err
	}
	return &fetch.Error{Code: e.Code, Text: e.Text + " (" + advice + ")", Err: e}
}

// bodyMax is how much of an answer is looked at.
const bodyMax = 64 << 10

// ask asks for a path.
func (cfg *Config) ask(ctx context.Context, t *fetch.Target, path, query string) (*fetch.Answer, error) {
	own, _, _ := strings.Cut(cfg.URL, "#")
	if path != "" {
		if !strings.HasPrefix(path, "/") {
			return nil, usage(strconv.Quote(path) + ": a path begins with a slash")
		}
		own += part(t) + path
	}
	if query != "" {
		own += "?" + query
	}
	c := &fetch.Config{URL: own, Options: cfg.Options, Stdin: strings.NewReader(""), Stdout: io.Discard, Stderr: io.Discard, Show: fetch.Show{Silent: true}}
	if name := t.Backend.Protocol; name != "http" && name != "https" {
		c.Message.Script = cfg.Script
		if path != "" {
			c.Message.Script = path
		} else if c.Message.Script == "" && name == "fastcgi" {
			c.Message.Script = t.URL.Path
		}
	}
	return fetch.Ask(ctx, c, bodyMax)
}

// part is what parts the backend from the request's path in a URL.
func part(t *fetch.Target) string {
	if t.Backend.Network == "tcp" {
		return ""
	}
	return ":"
}

// request asks for the URL's path.
func request(ctx context.Context, cfg *Config, t *fetch.Target, r *Report) error {
	a, err := cfg.ask(ctx, t, "", "")
	if err != nil {
		return err
	}
	return cfg.judge(a, r, cfg.Expect)
}

// ping asks for the ping page.
func ping(ctx context.Context, cfg *Config, t *fetch.Target, r *Report) error {
	a, err := cfg.ask(ctx, t, cfg.Ping, "")
	if err != nil {
		return err
	}
	expect := cfg.Expect
	if expect == "" {
		expect = DefaultExpect
	}
	return cfg.judge(a, r, expect)
}

// judge says whether an answer is as it should be.
func (cfg *Config) judge(a *fetch.Answer, r *Report, expect string) error {
	r.Facts = append(r.Facts, Fact{"status", strconv.Itoa(a.Status)})
	body := strings.TrimSpace(string(a.Body))
	switch {
	case cfg.Status != 0 && a.Status != cfg.Status:
		return problem("the status is " + strconv.Itoa(a.Status) + ", and is to be " + strconv.Itoa(cfg.Status) + said(body))
	case cfg.Status == 0 && a.Status >= 400:
		return problem("the status is " + strconv.Itoa(a.Status) + said(body))
	case expect != "" && body != strings.TrimSpace(expect):
		return problem("the answer is " + clipped(body) + ", and is to be " + strconv.Quote(expect))
	}
	return nil
}

// said is what the body of an error says.
func said(body string) string {
	if body == "" {
		return ""
	}
	line, _, _ := strings.Cut(body, "\n")
	return ": " + clipped(line)
}

func clipped(text string) string {
	const most = 80
	if len(text) > most {
		return strconv.Quote(text[:most]) + "..."
	}
	return strconv.Quote(text)
}

// A problem is what is not well with a backend that answers.
type problem string

func (p problem) Error() string { return string(p) }
