package upstream

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"github.com/postern-gateway/postern/internal/netio"
	"github.com/postern-gateway/postern/internal/ratelimit"
	"github.com/postern-gateway/postern/protocol"
)

// RoundTrip implements [protocol.RoundTripper]. It sends r to a backend, and to another one if that
// failed and it is safe: see the package's documentation. The error is that of the last backend; it
// has status 503 where there is no backend for r. The backend's name is told to
// [protocol.SetBackend].
func (b *Balancer) RoundTrip(ctx context.Context, r *protocol.Request) (*protocol.Response, error) {
	x := &exchange{b: b, ctx: ctx, began: time.Now(), request: r, bodies: bodies{out: r}}
	x.record()
	res, err := x.roundTrip()
	if err != nil {
		x.closeBodies()
	}
	return res, err
}

// roundTrip tries one backend after another.
func (x *exchange) roundTrip() (*protocol.Response, error) {
	var failed error
	for {
		p, err := x.b.acquire(x.ctx, x.tried)
		switch {
		case failed != nil && (err != nil || p.member == nil):
			return nil, failed // it tells more
		case err != nil:
			return nil, err
		case p.member == nil:
			return nil, x.b.none()
		}
		res, err := x.try(p)
		if err == nil {
			return res, nil
		}
		if !x.mayRetry(err) || x.rewind() != nil {
			return nil, err
		}
		failed = err
		x.b.lines.Log(x.b.Log, ratelimit.Many, slog.LevelInfo, "upstream: the request goes on to another backend", slog.String("backend", p.Name),
			slog.String("request", x.request.Method()+" "+x.request.RequestURI()), slog.Any("error", err))
	}
}

// An exchange is one request on its way through a Balancer.
type exchange struct {
	b       *Balancer
	ctx     context.Context
	began   time.Time
	request *protocol.Request
	bodies

	tried []*member
}

// try sends the request to the backend of p, whose lease is given back when the response's body is
// closed.
func (x *exchange) try(p lease) (res *protocol.Response, err error) {
	protocol.SetBackend(x.ctx, p.Name)
	panics := true
	defer func() {
		switch {
		case panics:
			x.b.undecided(p)
		case err == nil:
			x.b.succeeded(p)
			res.Body = x.counted(res.Body, p.member)
			return
		case blames(x.ctx, err, len(x.tried) == 0):
			x.b.failure(p, err)
		default:
			x.b.undecided(p)
		}
		x.tried = append(x.tried, p.member)
		x.b.release(p.member)
	}()
	ctx := x.ctx
	if p.others && x.request.Data == nil && x.mayGoOn(1) {
		ctx = protocol.WithPatience(ctx, false)
	}
	res, err = p.Client.RoundTrip(ctx, x.out)
	panics = false
	return res, err
}

// mayRetry reports whether the request, which has failed with err, may be sent to another backend.
// The error must be the backend's. The request must not have reached it, or else be one that may be
// sent twice, and of which nothing was answered.
func (x *exchange) mayRetry(err error) bool {
	if x.ctx.Err() != nil || !x.mayGoOn(0) {
		return false
	}
	var e protocol.Error
	if own, ok := errors.AsType[*protocol.Error](err); ok {
		if e = *own; e.Kind != protocol.ErrUpstream {
			return false
		}
	}
	return !e.ResponseBegan && netio.MayResend(x.request.Method(), e.NotSent)
}

// mayGoOn reports whether the Balancer's limits let the request be sent to a further backend, after
// those that have been tried and more.
func (x *exchange) mayGoOn(more int) bool {
	return (x.b.MaxTries <= 0 || len(x.tried)+more < x.b.MaxTries) && (x.b.RetryTimeout <= 0 || time.Since(x.began) < x.b.RetryTimeout)
}
