package endpoint

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/postern-gateway/postern/protocol"
)

// withTotalTimeout returns c with the time that the URL's total-timeout gives to an exchange, from
// its beginning to the end of its response. What follows a 101 has no limit.
func (e *Endpoint) withTotalTimeout(c *Client) (*Client, error) {
	limit, ok, err := e.duration("total-timeout")
	if err != nil || !ok || limit <= 0 {
		return c, err
	}
	return c.by(&timeLimited{c.RoundTripper, limit}), nil
}

// A timeLimited backend has a limit for each exchange as a whole.
type timeLimited struct {
	to    protocol.RoundTripper
	limit time.Duration
}

// RoundTrip implements [protocol.RoundTripper].
func (l *timeLimited) RoundTrip(ctx context.Context, r *protocol.Request) (*protocol.Response, error) {
	ctx, end := context.WithTimeoutCause(ctx, l.limit, fmt.Errorf("not whole within %s: %w", l.limit, context.DeadlineExceeded))
	res, err := l.to.RoundTrip(ctx, r)
	switch {
	case err != nil:
		end()
		return nil, err
	case res.Status == http.StatusSwitchingProtocols: // the context no longer ends the exchange
		end()
		return res, nil
	}
	res.Body = &endingBody{res.Body, end}
	return res, nil
}

// An endingBody ends a context when it is closed.
type endingBody struct {
	io.ReadCloser
	end context.CancelFunc
}

func (b *endingBody) Close() error {
	defer b.end()
	return b.ReadCloser.Close()
}
