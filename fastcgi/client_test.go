package fastcgi

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/postern-gateway/postern/protocol"
)

// backend returns a client whose nth connection is to a backend that plays the nth script and
// closes. The test waits for all.
func backend(t *testing.T, scripts ...func(f *front)) *Client {
	t.Helper()
	var all sync.WaitGroup
	t.Cleanup(all.Wait)
	n := 0
	return &Client{Dial: func(context.Context) (net.Conn, error) {
		if n == len(scripts) {
			return nil, errors.New("no further backend")
		}
		script := scripts[n]
		n++
		ours, theirs := sockets(t)
		theirs.SetDeadline(time.Now().Add(patienceOfTests))
		all.Go(func() {
			defer theirs.Close()
			script(&front{t: t, nc: theirs})
		})
		return ours, nil
	}}
}

// plays is a backend that plays a dialog: it hears ">" and says "<", what comes in a row in one
// write, because the client may close when it has had enough.
func plays(text string) func(f *front) {
	return func(f *front) {
		var says []string
		for line := range strings.Lines(text) {
			line = strings.TrimSpace(line)
			if record, ok := strings.CutPrefix(line, "< "); ok {
				says = append(says, record)
				continue
			}
			f.say(says...)
			says = nil
			if record, ok := strings.CutPrefix(line, "> "); ok {
				f.hear(record)
			}
		}
		f.say(says...)
	}
}

func request(method string, more ...string) *protocol.Request {
	r := &protocol.Request{Params: protocol.Pairs("REQUEST_METHOD", method)}
	r.Params = append(r.Params, protocol.Pairs(more...)...)
	return r
}

// fetch sends r and reads the response to its end.
func fetch(t *testing.T, c *Client, r *protocol.Request) (status int, body string, err error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patienceOfTests)
	defer cancel()
	res, err := c.RoundTrip(ctx, r)
	if err != nil {
		return 0, "", err
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	return res.Status, string(b), err
}

const asksGet = `
	> BEGIN_REQUEST 1 RESPONDER
	> PARAMS 1 REQUEST_METHOD="GET"
	> PARAMS 1 end
	> STDIN 1 end
`

// TestClientContext: the end of the context ends the exchange, in every phase.
func TestClientContext(t *testing.T) {
	waits := func(f *front) {
		for {
			if _, _, err := f.record(); err != nil {
				return
			}
		}
	}
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Millisecond)
	defer cancel()
	_, err := backend(t, waits).RoundTrip(ctx, request("GET"))
	if !errors.Is(err, protocol.ErrUpstream) || protocol.Status(err) != http.StatusGatewayTimeout {
		t.Errorf("a deadline: %v", err)
	}
	ctx, cancel = context.WithCancel(context.Background())
	c := backend(t, func(f *front) {
		f.say(`STDOUT 1 "A: b\r\n\r\nhello"`)
		waits(f)
	})
	res, err := c.RoundTrip(ctx, request("GET"))
	if err != nil {
		t.Fatal(err)
	}
	cancel()
	if _, err := io.ReadAll(res.Body); !errors.Is(err, context.Canceled) || !errors.Is(err, protocol.ErrAborted) {
		t.Errorf("canceled: %v", err)
	}
	res.Body.Close()
	res.Body.Close()
}

// TestBodyFails: a body that cannot be read is not sent as if it were whole, and its error is the
// exchange's.
func TestBodyFails(t *testing.T) {
	for _, n := range []int64{10, 1 << 20} {
		c := backend(t, func(f *front) {
			for {
				h, _, err := f.record()
				if h.typ == typeStdin && h.content == 0 && err == nil {
					t.Error("the backend was told that the body is whole")
				}
				if err != nil {
					return
				}
			}
		})
		r := request("POST")
		r.Body, r.ContentLength = io.MultiReader(strings.NewReader("five!"), broken{}), n
		if _, _, err := fetch(t, c, r); err == nil || !strings.Contains(err.Error(), "read request body: aborted: the disk is gone") {
			t.Errorf("%d: %v", n, err)
		}
	}
}

type broken struct{}

func (broken) Read([]byte) (int, error) { return 0, errors.New("the disk is gone") }
