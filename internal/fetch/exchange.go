package fetch

import (
	"context"
	"io"
	"net"
	"net/http/httptrace"
	"sync"
	"sync/atomic"
	"time"

	"github.com/postern-gateway/postern/protocol"
)

// An exchange is one request and its answer.
type exchange struct {
	f     *fetcher
	began time.Time
	end   func() // gives back what was opened for the request

	conn     atomic.Pointer[conn] // nil: it has none of its own, or none yet
	uploaded atomic.Int64         // bytes of the request's body
	bytes    int64                // of the answer's body, so far

	resolved, connected atomic.Int64 // nanoseconds since began; 0: not, or by somebody else
	headed, total       time.Duration

	request *protocol.Request
	shown   sync.Once          // request, for -v
	res     *protocol.Response // nil: its head has not come
}

// send sends r, and returns once the answer's head has come. The exchange is never nil; close ends
// it.
func (f *fetcher) send(ctx context.Context, r *protocol.Request) (*exchange, error) {
	x := &exchange{f: f, began: time.Now(), request: r}
	var err error
	if x.end, err = f.draft.begin(r); err != nil {
		return x, err
	}
	if r.Body != nil {
		r.Body = &counted{r.Body, &x.uploaded}
	}
	ctx = protocol.WithStderr(context.WithValue(ctx, exchangeKey{}, x), f.stderr)
	if f.target.Backend.Network == "file" {
		x.showRequest()
	}
	res, err := f.client.RoundTrip(ctx, r.WithContext(ctx))
	x.headed = time.Since(x.began)
	if err != nil {
		return x, x.explain(ctx, err)
	}
	x.showRequest() // where it went over a connection that was kept
	x.res = res
	return x, nil
}

// copy writes the answer's body to w.
func (x *exchange) copy(ctx context.Context, w io.Writer) error {
	buf := make([]byte, 32<<10)
	for {
		n, err := x.res.Body.Read(buf)
		x.bytes += int64(n)
		if _, werr := w.Write(buf[:n]); werr != nil {
			return writeFailed(werr)
		}
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return x.explain(ctx, err)
		}
	}
}

// close ends the exchange, and notes how long it took.
func (x *exchange) close() {
	if x.res != nil {
		x.res.Body.Close()
	}
	x.end()
	x.total = time.Since(x.began)
}

// connect connects to the backend.
func (f *fetcher) connect(ctx context.Context, network, address string) (net.Conn, error) {
	x := exchangeOf(ctx)
	if limit := f.cfg.ConnectTimeout; limit > 0 && x != nil {
		var cancel context.CancelFunc
		ctx, cancel = context.WithDeadline(ctx, x.began.Add(limit))
		defer cancel()
	}
	traced := httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		DNSDone: func(httptrace.DNSDoneInfo) {
			if x != nil {
				x.resolved.Store(int64(time.Since(x.began)))
			}
		},
		ConnectStart: func(_, address string) { f.verbose("*   Trying " + address + "...") },
	})
	nc, err := new(net.Dialer).DialContext(traced, network, address)
	if err != nil {
		return nil, err
	}
	f.verbose("* Connected to " + f.target.Backend.String())
	if x != nil {
		x.connected.Store(int64(time.Since(x.began)))
	}
	return nc, nil
}

// wrap notes what goes over a connection, within TLS where that is spoken.
func (f *fetcher) wrap(ctx context.Context, nc net.Conn) net.Conn {
	c := newConn(nc, f.teller)
	if x := exchangeOf(ctx); x != nil {
		x.conn.Store(c)
		x.showRequest()
	}
	return c
}

// A counted reader counts what is read.
type counted struct {
	r io.Reader
	n *atomic.Int64
}

func (c *counted) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	c.n.Add(int64(n))
	return n, err
}
