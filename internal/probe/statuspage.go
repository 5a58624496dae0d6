package probe

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"

	"github.com/postern-gateway/postern/internal/fetch"
)

// Bounds are what the figures of php-fpm's status page may be. A bound is set by [At].
type Bounds struct {
	MaxListenQueue     *int64 // connections that wait to be accepted
	MaxActive          *int64 // children that serve a request
	MinIdle            *int64 // children that serve none
	MaxChildrenReached *int64 // how often pm.max_children was reached
	MaxSlow            *int64 // requests that were slow
}

// At returns n as a bound.
func At(n int64) *int64 { return &n }

func (b *Bounds) isSet() bool { return *b != Bounds{} }

// A pageStatus is php-fpm's status page as JSON.
type pageStatus struct {
	Pool          string `json:"pool"`
	Manager       string `json:"process manager"`
	Accepted      int64  `json:"accepted conn"`
	Queue         int64  `json:"listen queue"`
	MaxQueue      int64  `json:"max listen queue"`
	QueueLength   int64  `json:"listen queue len"`
	Idle          int64  `json:"idle processes"`
	Active        int64  `json:"active processes"`
	Total         int64  `json:"total processes"`
	ChildrenLimit int64  `json:"max children reached"`
	Slow          int64  `json:"slow requests"`
}

// statusPage asks for the status page, and compares its figures with the bounds.
func statusPage(ctx context.Context, cfg *Config, t *fetch.Target, r *Report) error {
	a, err := cfg.ask(ctx, t, cfg.StatusPage, "json")
	if err != nil {
		return err
	}
	if err := cfg.judge(a, new(Report), ""); err != nil {
		return err
	}
	var s pageStatus
	if err := json.Unmarshal(a.Body, &s); err != nil || s.Pool == "" {
		return problem("the answer is no status page of php-fpm: " + clipped(string(a.Body)))
	}
	r.Facts = append(r.Facts, Fact{"pool", s.Pool}, Fact{"process manager", s.Manager})
	for _, f := range []struct {
		name  string
		value int64
	}{
		{"active", s.Active}, {"idle", s.Idle}, {"total", s.Total}, {"listen queue", s.Queue}, {"max listen queue", s.MaxQueue}, {"listen queue len", s.QueueLength},
		{"accepted", s.Accepted}, {"max children reached", s.ChildrenLimit}, {"slow", s.Slow},
	} {
		r.Facts = append(r.Facts, Fact{f.name, strconv.FormatInt(f.value, 10)})
	}
	return s.judge(&cfg.Bounds)
}

// judge says which bound is not kept.
func (s *pageStatus) judge(b *Bounds) error {
	for _, c := range []struct {
		name  string
		value int64
		most  *int64
	}{
		{"the listen queue", s.Queue, b.MaxListenQueue}, {"active processes", s.Active, b.MaxActive},
		{"max children reached", s.ChildrenLimit, b.MaxChildrenReached}, {"slow requests", s.Slow, b.MaxSlow},
	} {
		if c.most != nil && c.value > *c.most {
			return problem(fmt.Sprintf("%s: %d > %d", c.name, c.value, *c.most))
		}
	}
	if b.MinIdle != nil && s.Idle < *b.MinIdle {
		return problem(fmt.Sprintf("idle processes: %d < %d", s.Idle, *b.MinIdle))
	}
	return nil
}
