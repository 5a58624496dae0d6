package upstream_test

import (
	"context"
	"errors"
	"io"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/postern-gateway/postern/gateway/upstream"
	"github.com/postern-gateway/postern/protocol"
)

// The failures that count, and what is asked of another backend.
func TestFailures(t *testing.T) {
	upstreamError := func(change func(e *protocol.Error)) error {
		e := &protocol.Error{Op: "read response head", Kind: protocol.ErrUpstream}
		change(e)
		return e
	}
	for _, row := range []struct {
		name      string
		err       error
		counts    bool
		get, post bool // another is asked
	}{
		{"connection refused", errRefused, true, true, true},
		{"closed without an answer", errClosed, true, true, false},
		{"no answer in time", upstreamError(func(e *protocol.Error) { e.Err = context.DeadlineExceeded }), true, true, false},
		{"garbage", upstreamError(func(e *protocol.Error) { e.ResponseBegan = true }), true, false, false},
		{"an error of another module", errors.New("what?"), true, true, false},
		{"all connections are in use", upstreamError(func(e *protocol.Error) { e.Status, e.NotSent = 503, true }), false, true, true},
		{"overloaded", upstreamError(func(e *protocol.Error) { e.Status = 503 }), false, true, false},
		{"a request that cannot be sent", &protocol.Error{Kind: protocol.ErrTooLarge}, false, false, false},
		{"a request for elsewhere", &protocol.Error{Kind: protocol.ErrNotFound}, false, false, false},
		{"a body that broke off", &protocol.Error{Kind: protocol.ErrAborted, Err: io.ErrUnexpectedEOF}, false, false, false},
	} {
		for method, next := range map[string]bool{"GET": row.get, "PUT": row.get, "POST": row.post, "PATCH": row.post} {
			t.Run(row.name+"/"+method, func(t *testing.T) {
				b := balancer(t, new(upstream.Balancer), upstream.Backend{Name: "A", Client: fails(row.err)}, upstream.Backend{Name: "B"})
				want, state := row.err.Error(), "A up, B up"
				if next {
					want = "B"
				}
				if row.counts {
					state = "A out, B up"
				}
				if got := askFor(t, b, request(method)); got != want {
					t.Errorf("got %q, want %q", got, want)
				}
				if got := states(b); got != state {
					t.Errorf("%s, want %s", got, state)
				}
			})
		}
	}
}

// An answer is no failure, whatever its status.
func TestAnswersAreNoFailures(t *testing.T) {
	b := balancer(t, new(upstream.Balancer), upstream.Backend{Name: "A", Client: client(func(context.Context, *protocol.Request) (*protocol.Response, error) {
		return &protocol.Response{Status: 500, Body: io.NopCloser(nil)}, nil
	})})
	res, err := b.RoundTrip(t.Context(), request("GET"))
	if err != nil || res.Status != 500 || states(b) != "A up" {
		t.Error(res, err, states(b))
	}
	res.Body.Close()
}

// The client's end is no failure of the backend's, and its deadline is one of the first backend's.
func TestEndsOfTheContext(t *testing.T) {
	for _, row := range []struct {
		name  string
		cause error
		state string
	}{
		{"the client has gone", io.EOF, "A up, B up"},
		{"it had a deadline", context.DeadlineExceeded, "A out, B up"},
	} {
		t.Run(row.name, func(t *testing.T) {
			ctx, end := context.WithCancelCause(t.Context())
			b := balancer(t, new(upstream.Balancer), upstream.Backend{Name: "A", Client: client(func(context.Context, *protocol.Request) (*protocol.Response, error) {
				end(row.cause)
				return nil, errClosed
			})}, upstream.Backend{Name: "B"})
			if _, err := b.RoundTrip(ctx, request("GET")); err != errClosed || states(b) != row.state {
				t.Errorf("%v; %s, want %s", err, states(b), row.state)
			}
		})
	}
}

// A flaky backend answers while it is well, and fails else.
type flaky struct {
	name string
	well atomic.Bool
	err  error // errRefused where there is none
}

func (f *flaky) RoundTrip(ctx context.Context, r *protocol.Request) (*protocol.Response, error) {
	if f.well.Load() {
		return says(f.name)(ctx, r)
	}
	if f.err != nil {
		return nil, f.err
	}
	return nil, errRefused
}

// Three failures within ten seconds take a backend out for ten; then one request at a time tries
// it.
func TestMaxFails(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := &flaky{name: "A"}
		b := balancer(t, new(upstream.Balancer), upstream.Backend{Name: "A", Client: a, MaxFails: 3}, upstream.Backend{Name: "B"})
		began := time.Now()
		requests := func() int64 { return b.Stats().Backends[0].Requests }
		for _, step := range []struct {
			at    time.Duration // since the beginning
			asked int           // so many requests
			well  bool
			sent  int64 // of them were sent to A
			state string
		}{
			{0, 2, false, 1, "A up, B up"}, // the second is B's turn
			{time.Second, 2, false, 1, "A up, B up"},
			{10 * time.Second, 2, false, 1, "A up, B up"}, // the first failure is ten seconds old
			{10500 * time.Millisecond, 2, false, 1, "A out, B up"},
			{11 * time.Second, 10, true, 0, "A out, B up"},
			{20400 * time.Millisecond, 10, true, 0, "A out, B up"},
			{20500 * time.Millisecond, 10, false, 1, "A out, B up"}, // tried, and out once more
			{30 * time.Second, 10, true, 0, "A out, B up"},
			{30500 * time.Millisecond, 10, true, 5, "A up, B up"},
			{31 * time.Second, 4, false, 2, "A up, B up"}, // from the beginning
		} {
			<-time.After(time.Until(began.Add(step.at)))
			a.well.Store(step.well)
			before := requests()
			asks(t, b, step.asked)
			if sent := requests() - before; sent != step.sent || states(b) != step.state {
				t.Errorf("at %v A was sent %d of %d requests, want %d; %s, want %s", step.at, sent, step.asked, step.sent, states(b), step.state)
			}
		}
	})
}

// While one request tries a backend again no other does.
func TestOneRequestTriesAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := &flaky{name: "A"}
		slow := client(func(ctx context.Context, r *protocol.Request) (*protocol.Response, error) {
			if a.well.Load() {
				<-time.After(time.Second)
			}
			return a.RoundTrip(ctx, r)
		})
		b := balancer(t, new(upstream.Balancer), upstream.Backend{Name: "A", Client: slow, Weight: 9}, upstream.Backend{Name: "B"})
		ask(t, b)
		a.well.Store(true)
		<-time.After(10 * time.Second)
		tries := make(chan string)
		go func() { tries <- ask(t, b) }()
		synctest.Wait()
		if got := asks(t, b, 3); got != "B B B" {
			t.Error("while it is tried:", got)
		}
		if got := <-tries; got != "A" || states(b) != "A up, B up" {
			t.Error(got, states(b))
		}
	})
}

// A request whose client goes while it tries a backend again tells nothing: the next one tries.
func TestTrialWithoutResult(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := &flaky{name: "A"}
		gone := client(func(ctx context.Context, r *protocol.Request) (*protocol.Response, error) {
			if err := context.Cause(ctx); err != nil {
				return nil, err
			}
			return a.RoundTrip(ctx, r)
		})
		b := balancer(t, new(upstream.Balancer), upstream.Backend{Name: "A", Client: gone}, upstream.Backend{Name: "B"})
		asks(t, b, 2)
		a.well.Store(true)
		<-time.After(10 * time.Second)
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		for range 2 {
			b.RoundTrip(ctx, request("GET")) // to A, and perhaps to B
		}
		if states(b) != "A out, B up" {
			t.Error(states(b))
		}
		if got := asks(t, b, 4); states(b) != "A up, B up" {
			t.Error(got, states(b))
		}
	})
}

// Where all are out the one that went out first is tried, and so on.
func TestAllAreOut(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		first, second := &flaky{name: "A"}, &flaky{name: "B"}
		b := balancer(t, &upstream.Balancer{MaxTries: 1}, upstream.Backend{Name: "A", Client: first}, upstream.Backend{Name: "B", Client: second})
		for range 2 {
			ask(t, b)
			<-time.After(time.Second)
		}
		for i := range 6 {
			before := b.Stats().Backends[i%2].Requests
			if got := ask(t, b); got != errRefused.Error() || b.Stats().Backends[i%2].Requests != before+1 {
				t.Errorf("request %d: %s, %+v", i, got, b.Stats())
			}
			<-time.After(time.Second)
		}
		first.well.Store(true)
		if got := ask(t, b); got != "A" || states(b) != "A up, B out" {
			t.Error(got, states(b))
		}
	})
}
