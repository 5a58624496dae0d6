package fetch

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"sync"

	"github.com/postern-gateway/postern/gateway/endpoint"
	"github.com/postern-gateway/postern/internal/tap"
	"github.com/postern-gateway/postern/protocol"
)

// Run asks, and shows the answer. An error is an [*Error]; nobody has been told of it.
func Run(ctx context.Context, cfg *Config) error {
	f, err := open(ctx, cfg)
	if err != nil {
		return failed(CodeUsage, err)
	}
	defer f.close()
	if cfg.Load.isSet() {
		return f.load(ctx)
	}
	return f.once(ctx)
}

// A fetcher has what the requests of a Config have in common.
type fetcher struct {
	cfg    *Config
	target *Target
	draft  *draft
	client *endpoint.Client
	teller *teller // nil: nobody wants to know what goes over the wire
	stderr *errorStream
}

func open(ctx context.Context, cfg *Config) (*fetcher, error) {
	f := &fetcher{cfg: cfg, stderr: &errorStream{w: cfg.Stderr}}
	var err error
	options := cfg.Options
	if cfg.Message.User != "" && isCGI(cfg.URL) {
		options = append([]string{"pass-authorization=true"}, options...)
	}
	if f.target, err = ParseTarget(cfg.URL, options); err != nil {
		return nil, err
	}
	if err := cfg.check(f.target); err != nil {
		return nil, err
	}
	if f.draft, err = cfg.Message.draft(f.target, &interruptible{ctx, cfg.Stdin}); err != nil {
		return nil, err
	}
	if cfg.Show.Wire {
		if f.teller, err = f.wire(); err != nil {
			return nil, err
		}
	}
	none := -1
	f.client, err = f.target.Backend.Client(&endpoint.ClientOptions{
		Limits: &protocol.Limits{FirstByteTimeout: -1, ReadTimeout: -1, WriteTimeout: -1, Spool: -1, ResponseHead: none},
		Log:    slog.New(&logHandler{f: f}), Connect: f.connect, Wrap: f.wrap, KeepForwarded: true})
	if err != nil {
		return nil, failed(CodeUsage, err)
	}
	return f, nil
}

func isCGI(url string) bool { return len(url) > 4 && url[:4] == "cgi:" }

// check returns an error for what contradicts itself.
func (cfg *Config) check(t *Target) error {
	s := &cfg.Show
	switch {
	case s.Fail && s.FailBody:
		return usage("--fail and --fail-with-body: say one of them")
	case s.FileName && s.Output != "":
		return usage("-O and -o name two files: say one of them")
	case s.FileName && fileName(t) == "":
		return usage("-O: the URL's path ends in no name for the file: say -o FILE")
	case cfg.Load.isSet() && (s.FileName || s.Output != "" || s.Include || s.Verbose || s.Wire || cfg.Follow || s.WriteOut != ""):
		return usage("a load prints a summary and no answer: leave out -o, -O, -i, -v, -w, -L and --wire, or --repeat, --duration, --parallel and --rate")
	case cfg.Load.isSet() && cfg.Load.Requests == 0 && cfg.Load.Duration == 0:
		return usage("--parallel and --rate are for a load: say --repeat N or --duration TIME too")
	}
	return nil
}

func (f *fetcher) close() {
	f.stderr.endLine()
	f.client.Close()
	if f.draft.close != nil {
		f.draft.close()
	}
}

// wire prints what goes over the wire.
func (f *fetcher) wire() (*teller, error) {
	name := f.target.Backend.Wire()
	tracers, err := endpoint.Tracers(name)
	if err != nil {
		return nil, usage("--wire: " + name + " has no wire to show: say -v for the variables")
	}
	p := &tap.Printer{Out: f.stderr, Wire: true}
	d := &tap.Decoder{Tracers: tracers, Emit: func(m *tap.Message) { p.Print(m) }}
	return &teller{tell: d.Add}, nil
}

// warn tells what is no error.
func (f *fetcher) warn(text string) {
	if !f.cfg.Show.Silent {
		f.stderr.endLine()
		io.WriteString(f.stderr, "postern: "+text+"\n")
	}
}

// An errorStream is standard error, to which several goroutines write.
type errorStream struct {
	mu   sync.Mutex
	w    io.Writer
	open bool // the line has not ended
}

func (s *errorStream) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(p) > 0 {
		s.open = p[len(p)-1] != '\n'
	}
	return s.w.Write(p)
}

// endLine ends a line that a backend has not ended.
func (s *errorStream) endLine() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.open {
		io.WriteString(s.w, "\n")
		s.open = false
	}
}

// lineGone says that the line has been taken away.
func (s *errorStream) lineGone() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.open = false
}

// A logHandler tells as warnings what the clients log, but for a backend's own error stream, which
// is printed as it is.
type logHandler struct {
	f     *fetcher
	attrs string
}

// Enabled implements [slog.Handler].
func (h *logHandler) Enabled(_ context.Context, level slog.Level) bool {
	return level >= slog.LevelWarn
}

// Handle implements [slog.Handler].
func (h *logHandler) Handle(_ context.Context, r slog.Record) error {
	if r.Message == "fastcgi: stderr" || r.Message == "cgi: stderr" {
		return nil
	}
	text := r.Message + h.attrs
	r.Attrs(func(a slog.Attr) bool {
		text += " " + a.String()
		return true
	})
	h.f.warn(text)
	return nil
}

// WithAttrs implements [slog.Handler].
func (h *logHandler) WithAttrs(attrs []slog.Attr) slog.Handler {
	own := *h
	for _, a := range attrs {
		own.attrs += " " + a.String()
	}
	return &own
}

// WithGroup implements [slog.Handler]: groups are not shown.
func (h *logHandler) WithGroup(string) slog.Handler { return h }

func writeFailed(err error) *Error {
	return &Error{CodeWrite, "cannot write the answer: " + err.Error(), err}
}

// errInterrupted is the error of what a signal has ended.
var errInterrupted = &Error{Code: CodeInterrupted, Text: "interrupted", Err: errors.New("interrupted")}
