package floodtest

import (
	"context"
	"io"
	"net"
	"sync/atomic"
	"time"
)

// A Kind is one kind of flood.
type Kind struct {
	Name     string
	Protocol string // "fastcgi", "scgi", "uwsgi", "http" or "http2"
	First    []byte // what each connection sends first
	Again    []byte // what it then sends over and over; nil: nothing more
	Slow     bool   // it waits between two of them
	Reads    bool   // it takes the answers
}

// Kinds returns all of them.
func Kinds() []Kind {
	var all []Kind
	for _, list := range [][]Kind{streams(), records(), scgi(), uwsgi(), web(), web2()} {
		all = append(all, list...)
	}
	return all
}

// pause is how long a slow one waits.
const pause = 10 * time.Millisecond

// A Source sends a flood.
type Source struct {
	Kind   *Kind
	Dial   func() (net.Conn, error)
	Paused atomic.Bool // nothing more is sent
}

// Flood floods the server until ctx ends, by one connection, and by another when the server closes
// that.
func (s *Source) Flood(ctx context.Context) {
	for s.turn(ctx) {
		nc, err := s.Dial()
		if err != nil {
			return
		}
		stop := context.AfterFunc(ctx, func() { nc.Close() })
		s.send(ctx, nc)
		nc.Close()
		stop()
	}
}

// turn waits while the source is paused, and reports whether to go on.
func (s *Source) turn(ctx context.Context) bool {
	for s.Paused.Load() && ctx.Err() == nil {
		wait(ctx)
	}
	return ctx.Err() == nil
}

func wait(ctx context.Context) {
	select {
	case <-ctx.Done():
	case <-time.After(pause):
	}
}

// send sends what there is, until the connection or ctx ends.
func (s *Source) send(ctx context.Context, nc net.Conn) {
	k := s.Kind
	ended := make(chan struct{})
	if k.Reads {
		go func() {
			defer close(ended)
			io.Copy(io.Discard, nc)
			nc.Close()
		}()
	}
	var err error
	if len(k.First) > 0 {
		_, err = nc.Write(k.First)
	}
	for err == nil && len(k.Again) > 0 && s.turn(ctx) {
		if k.Slow {
			wait(ctx)
		}
		_, err = nc.Write(k.Again)
	}
	if err != nil {
		return
	}
	select {
	case <-ctx.Done():
	case <-ended: // never, where nobody reads: what is answered stays unread
	}
}
