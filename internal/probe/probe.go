package probe

import (
	"context"
	"net"
	"slices"
	"strings"
	"time"

	"github.com/postern-gateway/postern/fastcgi"
	"github.com/postern-gateway/postern/internal/fetch"
	"github.com/postern-gateway/postern/uwsgi"
)

// A Config says which backend is asked, for what, and what is well. Only URL must be set.
type Config struct {
	URL     string   // as [fetch.ParseTarget] reads it, after [fetch.CutOptions]
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
	r := &Report{URL: cfg.URL}
	own := *cfg
	own.URL, own.Options = fetch.CutOptions(cfg.URL)
	own.Options = append(own.Options, cfg.Options...)
	cfg = &own
	t, err := fetch.ParseTarget(cfg.URL, cfg.Options)
	if err != nil {
		return nil, err
	}
	r.Check = cfg.check(t)
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
