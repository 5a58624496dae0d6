package fetch

import (
	"bytes"
	"context"
	"io"
	"net"
	"net/http"
	"time"
)

// An Answer is what a backend has answered.
type Answer struct {
	Status int
	Header http.Header
	Body   []byte // its beginning
}

// Ask asks once, without following redirects, and returns the answer with at most that many bytes
// of its body. The whole body is read. Nothing is shown, whatever cfg says, but for what the
// backend writes to its error stream. An error is that of [Run].
func Ask(ctx context.Context, cfg *Config, most int) (*Answer, error) {
	f, err := open(ctx, cfg)
	if err != nil {
		return nil, failed(CodeUsage, err)
	}
	defer f.close()
	x, err := f.send(ctx, f.draft.request(f.draft.first()))
	defer x.close()
	if err != nil {
		return nil, err
	}
	body := &beginning{most: most}
	if err := x.copy(ctx, body); err != nil {
		return nil, err
	}
	return &Answer{x.res.Status, x.res.Header, body.b.Bytes()}, nil
}

// A beginning keeps the first bytes of what is written to it.
type beginning struct {
	most int
	b    bytes.Buffer
}

func (w *beginning) Write(p []byte) (int, error) {
	w.b.Write(p[:min(len(p), w.most-w.b.Len())])
	return len(p), nil
}

// Speak calls speak with what connects to t's backend, for those who speak its protocol by
// themselves. An error is explained as those of [Run] are.
func Speak(ctx context.Context, t *Target, speak func(ctx context.Context, dial func(context.Context) (net.Conn, error)) error) error {
	dial, err := t.Backend.Dialer()
	if err != nil {
		return failed(CodeUsage, err)
	}
	f := &fetcher{cfg: &Config{Show: Show{Silent: true}, Stderr: io.Discard}, target: t}
	x := &exchange{f: f, began: time.Now(), end: func() {}}
	err = speak(ctx, func(ctx context.Context) (net.Conn, error) {
		nc, err := dial(ctx)
		if err != nil {
			return nil, err
		}
		c := newConn(nc, nil)
		x.conn.Store(c)
		return c, nil
	})
	if err != nil {
		return x.explain(ctx, err)
	}
	return nil
}
