package fetch

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/postern-gateway/postern/internal/load"
)

// A loadCount counts what came of the requests of a load. It is safe for concurrent use.
type loadCount struct {
	mu       sync.Mutex
	answered int64
	bytes    int64 // of bodies
	statuses map[int]int64
	errors   map[string]int64
	first    *Error
}

// maxErrorTexts is how many errors are told apart.
const maxErrorTexts = 20

// load sends the request again and again, and prints what came of it.
func (f *fetcher) load(ctx context.Context) error {
	l := &f.cfg.Load
	t := &loadCount{statuses: make(map[int]int64), errors: make(map[string]int64)}
	stop := f.showProgress(t)
	pace := load.Pace{Requests: int64(l.Requests), Duration: l.Duration, Rate: l.Rate}
	to := f.draft.first()
	result := load.Calls(ctx, pace, max(1, l.Parallel), func(ctx context.Context) error {
		x, err := f.ask(ctx, to)
		if ctx.Err() == nil {
			t.add(x, err)
		}
		return err
	})
	stop()
	if _, err := io.WriteString(f.cfg.Stdout, t.summary(l, result)); err != nil {
		return writeFailed(err)
	}
	switch {
	case ctx.Err() != nil:
		return errInterrupted
	case t.first != nil:
		return t.first
	}
	return nil
}

// ask sends one request of a load, and reads the answer.
func (f *fetcher) ask(ctx context.Context, to at) (*exchange, error) {
	if f.cfg.MaxTime > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, f.cfg.MaxTime)
		defer cancel()
	}
	x, err := f.send(ctx, f.draft.request(to))
	defer x.close()
	if err == nil {
		err = x.copy(ctx, io.Discard)
	}
	if err == nil && f.cfg.Show.Fail && x.res.Status >= 400 {
		err = f.refused(x.res)
	}
	return x, err
}

// add counts an exchange.
func (t *loadCount) add(x *exchange, err error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.bytes += x.bytes
	if x.res != nil {
		t.statuses[x.res.Status]++
	}
	if err == nil {
		t.answered++
		return
	}
	e := failed(CodeReceive, err)
	if t.first == nil {
		t.first = e
	}
	text := e.Text
	if _, known := t.errors[text]; !known && len(t.errors) >= maxErrorTexts {
		text = "other errors"
	}
	t.errors[text]++
}

// summary is what a load prints at its end.
func (t *loadCount) summary(l *Load, r *load.Result) string {
	var s strings.Builder
	seconds := r.Elapsed.Seconds()
	fmt.Fprintf(&s, "%d requests in %.2f s, %d at a time: %.1f requests/s, %.2f MB/s\n", r.Requests+r.Failed, seconds, max(1, l.Parallel), r.Rate(), float64(t.bytes)/1e6/max(seconds, 1e-9))
	if r.Requests > 0 {
		s.WriteString("latency")
		for _, percent := range []float64{50, 90, 99, 99.9} {
			fmt.Fprintf(&s, "  p%s %s", strconv.FormatFloat(percent, 'f', -1, 64), short(r.Quantile(percent)))
		}
		s.WriteString("  max " + short(time.Duration(r.Latency.Max())) + "\n")
	}
	if len(t.statuses) > 0 {
		s.WriteString("status ")
		for _, status := range slices.Sorted(maps.Keys(t.statuses)) {
			fmt.Fprintf(&s, "  %d: %d", status, t.statuses[status])
		}
		s.WriteString("\n")
	}
	for _, text := range slices.Sorted(maps.Keys(t.errors)) {
		fmt.Fprintf(&s, "errors   %d: %s\n", t.errors[text], text)
	}
	return s.String()
}

// short is a latency with three digits or so.
func short(d time.Duration) string {
	for unit := time.Second; unit >= time.Microsecond; unit /= 10 {
		if d >= unit*10 {
			return d.Round(unit / 10).String()
		}
	}
	return d.String()
}

// progressInterval is how often the line of progress is printed.
const progressInterval = 200 * time.Millisecond

// showProgress keeps a line on standard error, where that is wanted. stop takes it away.
func (f *fetcher) showProgress(t *loadCount) (stop func()) {
	if !f.cfg.Load.Progress {
		return func() {}
	}
	ctx, cancel := context.WithCancelCause(context.Background())
	var line sync.WaitGroup
	line.Go(func() {
		began, ticker := time.Now(), time.NewTicker(progressInterval)
		defer ticker.Stop()
		for {
			select {
			case <-ticker.C:
				io.WriteString(f.stderr, "\r"+t.progress(&f.cfg.Load, time.Since(began))+"\x1b[K")
			case <-ctx.Done():
				io.WriteString(f.stderr, "\r\x1b[K")
				f.stderr.lineGone()
				return
			}
		}
	})
	return func() {
		cancel(errors.New("the load is over"))
		line.Wait()
	}
}

// progress is the line of progress.
func (t *loadCount) progress(l *Load, since time.Duration) string {
	t.mu.Lock()
	defer t.mu.Unlock()
	var failures int64
	for _, n := range t.errors {
		failures += n
	}
	text := strconv.FormatInt(t.answered+failures, 10)
	if l.Requests > 0 {
		text += " of " + strconv.Itoa(l.Requests)
	}
	text += fmt.Sprintf(" requests, %.1f s, %.0f/s", since.Seconds(), float64(t.answered)/since.Seconds())
	if failures > 0 {
		text += fmt.Sprintf(", %d errors", failures)
	}
	return text
}
