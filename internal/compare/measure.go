package compare

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"

	"github.com/postern-gateway/postern/internal/load"
)

// A measurement is what one row has shown in one round.
type measurement struct {
	values  map[string]float64 // by the name of a metric
	latency *hdrhistogram.Histogram
	failed  int64
	errors  []string
}

// measure starts the row's servers, drives them, and ends them.
func (c *comparison) measure(ctx context.Context, row Row) (m measurement, err error) {
	err = c.atSite(row, func(r *rig) error {
		m, err = r.measure(ctx, c.cfg.Duration, c.cfg.warmUp())
		return err
	})
	return m, err
}

// A rig is a row's servers, up, and what drives them.
type rig struct {
	row       Row
	backend   *running
	front     *running // nil: there is none
	generator *load.Generator
}

// atSite calls f with the servers of a row, which it has started, and ends them.
func (c *comparison) atSite(row Row, f func(*rig) error) error {
	dir, err := os.MkdirTemp(c.setup.dir, "")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	s := &site{dir: dir, row: row, setup: c.setup}
	r := &rig{row: row}
	if r.backend, err = serverNamed(row.Server).start(s); err != nil {
		return err
	}
	defer r.backend.stop()
	target, wire := r.backend, load.WireNamed(row.Wire)
	if row.Front == nginx {
		if r.front, err = s.startNginx(r.backend); err != nil {
			return err
		}
		defer r.front.stop()
		target, wire = r.front, load.WireNamed("http")
	}
	if r.generator, err = c.generator(row, wire, target.address); err != nil {
		return err
	}
	defer r.generator.Close()
	if err := f(r); err != nil {
		return errors.Join(err, r.backend.ended())
	}
	return nil
}

func (c *comparison) generator(row Row, wire *load.Wire, address string) (*load.Generator, error) {
	w := workNamed(row.Work)
	request, err := c.encoded(wire, w, serverNamed(row.Server).script(c.setup))
	if err != nil {
		return nil, err
	}
	cfg := load.Config{Wire: wire, Network: row.Network, Address: address, Request: request, Want: w.want,
		Connections: row.Connections, Timeout: startTimeout}
	if wire.Multiplexed {
		cfg.Depth = min(muxDepth, row.Connections)
		cfg.Connections = row.Connections / cfg.Depth
	}
	return load.New(cfg)
}

// encoded returns the bytes of a work's request, which are made once.
func (c *comparison) encoded(wire *load.Wire, w *Work, script string) ([]byte, error) {
	key := wire.Name + " " + w.Name + " " + script
	if b, ok := c.requests[key]; ok {
		return b, nil
	}
	b, err := wire.Encode(w.request(script))
	c.requests[key] = b
	return b, err
}

// A sample is what the servers have used so far.
type sample struct {
	backend, front usage
	child          childReport
}

func (r *rig) sample() (s sample, err error) {
	s.backend = usageOf(r.backend.pids())
	if r.front != nil {
		s.front = usageOf(r.front.pids())
	}
	if r.backend.ask != nil {
		s.child, err = r.backend.ask()
	}
	return s, err
}

func (r *rig) measure(ctx context.Context, duration, warmUp time.Duration) (m measurement, err error) {
	pace := load.Pace{Duration: warmUp, Rate: float64(r.row.Rate)}
	warm, err := r.generator.Run(ctx, pace)
	if err != nil {
		return m, err
	}
	if warm.Requests == 0 && warm.Failed > 0 {
		return m, fmt.Errorf("no request has succeeded: %s", warm.Errors[0])
	}
	resetPeak(r.backend.pids())
	before, err := r.sample()
	if err != nil {
		return m, err
	}
	pace.Duration = duration
	result, err := r.generator.Run(ctx, pace)
	if err != nil {
		return m, err
	}
	after, err := r.sample()
	if err != nil {
		return m, err
	}
	m.failed, m.errors, m.latency = result.Failed, result.Errors, result.Latency
	m.values = r.values(result, before, after)
	return m, nil
}

// values works out the metrics of one run.
func (r *rig) values(result *load.Result, before, after sample) map[string]float64 {
	each := func(n float64) float64 { return n / float64(max(1, result.Requests+result.Failed)) }
	micro := func(d time.Duration) float64 { return float64(d) / float64(time.Microsecond) }
	v := map[string]float64{
		"rate": result.Rate(),
		"p50":  micro(result.Quantile(50)), "p99": micro(result.Quantile(99)), "p999": micro(result.Quantile(99.9)),
		"sent": each(float64(result.Sent)), "received": each(float64(result.Received)),
	}
	if after.backend.known {
		if !serverNamed(r.row.Server).forgets {
			v["cpu"] = each(micro(after.backend.cpu - before.backend.cpu))
		}
		v["memory"] = float64(after.backend.peak)
	}
	if after.front.known {
		v["front_cpu"] = each(micro(after.front.cpu - before.front.cpu))
	}
	if r.backend.ask != nil {
		v["allocs"] = each(float64(after.child.Allocs - before.child.Allocs))
		v["alloc_bytes"] = each(float64(after.child.Bytes - before.child.Bytes))
	}
	return v
}
