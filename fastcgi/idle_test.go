package fastcgi

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"testing"
	"testing/synctest"
	"time"

	"github.com/postern-gateway/postern/protocol"
)

// Next returns ErrIdle when nothing has come for the time that it was told, and only then. In this
// test time is virtual.
func TestReturnIdle(t *testing.T) {
	const after = time.Second
	values := `GET_VALUES 0 FCGI_MPXS_CONNS=""`
	padded := string(appendHeader(nil, header{typ: typeGetValues, padding: 3}))
	for name, row := range map[string]struct {
		told     time.Duration
		lim      protocol.Limits
		say, raw string
		end      error
		want     time.Duration // from what was said to the end
	}{
		"nothing has come":               {told: after, end: protocol.ErrIdle, want: after},
		"after a request":                {told: after, say: get(1), end: protocol.ErrIdle, want: after},
		"after a management record":      {told: after, say: values, end: protocol.ErrIdle, want: after},
		"it was not told":                {lim: protocol.Limits{IdleTimeout: time.Minute}, say: get(1), want: time.Minute},
		"IdleTimeout is shorter":         {told: after, lim: protocol.Limits{IdleTimeout: after / 2}, say: get(1), want: after / 2},
		"HeadTimeout is shorter":         {told: after, lim: protocol.Limits{HeadTimeout: after / 2}, want: after / 2},
		"within a header":                {told: after, lim: protocol.Limits{HeadTimeout: time.Minute}, raw: "\x01", end: protocol.ErrAborted, want: time.Minute},
		"within the padding of a record": {told: after, lim: protocol.Limits{HeadTimeout: time.Minute}, raw: padded, want: time.Minute},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ours, theirs := net.Pipe()
				defer theirs.Close()
				heard := make(chan byte, 1000)
				go hearEnds(theirs, heard)
				took, err := serveUntil(ours, theirs, &row.lim, row.told, append(parseRecords(t, row.say), row.raw...))
				if !errors.Is(err, row.end) || took != row.want {
					t.Errorf("%v after %v, want %v after %v", err, took, row.end, row.want)
				}
				if row.end != protocol.ErrIdle {
					return
				}
				took, err = serveUntil(ours, theirs, &row.lim, after, parseRecords(t, get(2)))
				if err != protocol.ErrIdle || took != after {
					t.Errorf("a new Conn: %v after %v", err, took)
				}
				for id := range heard {
					if id == 2 {
						return
					}
				}
				t.Error("a new Conn: no answer")
			})
		})
	}
}

// serveUntil serves one end of a connection, to whose other end b is written, by a new Conn, and
// returns after how long that ends, and how.
func serveUntil(ours, theirs net.Conn, lim *protocol.Limits, told time.Duration, b []byte) (time.Duration, error) {
	c := Protocol{}.NewConn(ours, lim)
	c.(protocol.IdleReturner).ReturnIdle(told)
	loop := &protocol.Loop{Limits: lim, Log: slog.New(slog.DiscardHandler), Handler: protocol.HandlerFunc(hello)}
	go theirs.Write(b)
	start := time.Now()
	err := loop.Serve(context.Background(), c)
	ours.SetDeadline(time.Time{})
	return time.Since(start), err
}

// hearEnds reads records and gives the ids of those that end a request.
func hearEnds(nc net.Conn, ids chan<- byte) {
	defer close(ids)
	var h [headerLen]byte
	for {
		if _, err := io.ReadFull(nc, h[:]); err != nil {
			return
		}
		r, _, _ := consumeHeader(h[:])
		io.CopyN(io.Discard, nc, int64(r.content+r.padding))
		if r.typ == typeEnd {
			ids <- byte(r.id)
		}
	}
}
