package protocol

import (
	"context"
	"testing"
)

func TestLoopLeavesAnIdleConnectionOpen(t *testing.T) {
	e := new(record)
	c := &script{steps: []step{{r: get(), enc: e}}, end: ErrIdle}
	l := &Loop{Log: quiet, Handler: HandlerFunc(func(ResponseWriter, *Request) error { return nil })}
	if err := l.Serve(t.Context(), c); err != ErrIdle || c.closed != 0 || e.told() != "head close" {
		t.Errorf("%v, closed %d times, %s", err, c.closed, e.told())
	}
}

// An able Conn is all that a Conn can be.
type able struct {
	script
	more    func()
	watched int
	tell    func(*Request, int, error)
}

func (a *able) Multiplex(more func())                               { a.more = more }
func (a *able) Watch(func(error)) (stop func())                     { a.watched++; return nil }
func (a *able) TellRefused(tell func(*Request, int, error))         { a.tell = tell }
func (a *able) Next(ctx context.Context) (*Request, Encoder, error) { return a.script.Next(ctx) }

// An outer Conn stands before another.
type outer struct {
	Conn
	closed int
}

func (o *outer) Unwrap() Conn { return o.Conn }
func (o *outer) Close() error { o.closed++; return nil }

// Whatever a Conn is besides, it is behind any number of others, too.
func TestAbilitiesBehindOtherConns(t *testing.T) {
	c := &able{script: script{steps: []step{{r: get(), enc: new(record)}}}}
	o := &outer{Conn: &outer{Conn: c}}
	serveOn(t, func(_ ResponseWriter, r *Request) error {
		r.Context().Done()
		return nil
	}, o)
	if c.more == nil || c.watched != 1 || c.tell == nil {
		t.Errorf("Multiplexer: %v, Watcher: %d, Refuser: %v", c.more != nil, c.watched, c.tell != nil)
	}
	if o.closed != 1 || c.closed != 0 {
		t.Errorf("the outer one was closed %d times, the inner one %d", o.closed, c.closed)
	}
}
