package fastcgi

import (
	"errors"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/postern-gateway/postern/protocol"
)

// asks and answers are an exchange on a connection that is kept.
const (
	asks = `
		> BEGIN_REQUEST 1 RESPONDER KEEP_CONN
		> PARAMS 1 REQUEST_METHOD="GET"
		> PARAMS 1 end
		> STDIN 1 end`
	answers = `
		< STDOUT 1 "A: b\r\n\r\nhello"
		< STDOUT 1 end
		< END_REQUEST 1 REQUEST_COMPLETE 0`
)

// getKept gets a page by a client that keeps connections.
func getKept(t *testing.T, c *Client) {
	t.Helper()
	if status, body, err := fetch(t, c, request("GET")); status != 200 || body != "hello" || err != nil {
		t.Errorf("got %d %q, %v", status, body, err)
	}
}

// TestKept has connections that are kept for another request.
func TestKept(t *testing.T) {
	t.Run("is used again", func(t *testing.T) {
		c := backend(t, plays(asks+answers+asks+answers+asks+answers))
		c.MaxIdle = 1
		for range 3 {
			getKept(t, c)
		}
		c.CloseIdleConnections()
	})
	t.Run("a stale one is replaced", func(t *testing.T) {
		c := backend(t, plays(asks+answers), plays(asks+answers))
		c.MaxIdle = 1
		getKept(t, c)
		getKept(t, c)
		c.CloseIdleConnections()
	})
	t.Run("one with more to read is not kept", func(t *testing.T) {
		c := backend(t, func(f *front) {
			plays(asks)(f)
			f.say(`STDOUT 1 "A: b\r\n\r\nhello"`, "STDOUT 1 end", "END_REQUEST 1 REQUEST_COMPLETE 0", `STDOUT 1 "whose?"`)
		}, plays(asks+answers))
		c.MaxIdle = 1
		getKept(t, c)
		getKept(t, c)
		c.CloseIdleConnections()
	})
	t.Run("it is closed when it has been idle", func(t *testing.T) {
		closed := make(chan bool)
		c := backend(t, func(f *front) {
			plays(asks + answers)(f)
			f.hearEnd()
			close(closed)
		})
		c.MaxIdle, c.Limits = 1, &protocol.Limits{IdleTimeout: time.Millisecond}
		getKept(t, c)
		<-closed
	})
}

// TestResend has requests on a kept connection that the backend closes.
func TestResend(t *testing.T) {
	t.Run("one that is closed after the request was read: a GET is sent again", func(t *testing.T) {
		c := backend(t, plays(asks+answers+asks), plays(asks+answers))
		c.MaxIdle = 1
		getKept(t, c)
		getKept(t, c)
		c.CloseIdleConnections()
	})
	t.Run("a POST that may have been served is not, unless that is wanted", func(t *testing.T) {
		const post = `
			> BEGIN_REQUEST 1 RESPONDER KEEP_CONN
			> PARAMS 1 REQUEST_METHOD="POST" CONTENT_LENGTH="1"
			> PARAMS 1 end
			> STDIN 1 "x"
			> STDIN 1 end`
		for _, resend := range []bool{false, true} {
			c := backend(t, plays(asks+answers+post), plays(post+answers))
			c.MaxIdle, c.Resend = 1, resend
			getKept(t, c)
			r := request("POST")
			r.Body, r.ContentLength = strings.NewReader("x"), 1
			if status, _, err := fetch(t, c, r); resend && (err != nil || status != 200) || !resend && !errors.Is(err, protocol.ErrUpstream) {
				t.Errorf("Resend = %v: %d, %v", resend, status, err)
			}
			c.CloseIdleConnections()
		}
	})
	t.Run("what was answered in part is not asked again", func(t *testing.T) {
		c := backend(t, plays(asks+answers+asks+`
			< STDERR 1 "dying"`), plays(asks+answers))
		c.MaxIdle = 1
		getKept(t, c)
		if _, _, err := fetch(t, c, request("GET")); !errors.Is(err, protocol.ErrUpstream) {
			t.Errorf("got %v", err)
		}
	})
}

// TestLargeBodyOnAClosedConnection: a POST of which a part was sent on a kept connection that is
// closed is sent again, if its body can be had again.
func TestLargeBodyOnAClosedConnection(t *testing.T) {
	text := strings.Repeat("0123456789", 500_000) // no socket takes it at once
	for _, again := range []bool{false, true} {
		c := backend(t, func(f *front) {
			plays(asks + answers)(f)
			for left := 100_000; left > 0; { // more than is kept of a body, but not all of it
				h, _, err := f.record()
				if err != nil {
					t.Error(err)
					return
				}
				if h.typ == typeStdin {
					left -= h.content
				}
			}
		}, func(f *front) {
			var got []byte
			for {
				h, content, err := f.record()
				if err != nil || h.typ == typeStdin && h.content == 0 {
					break
				}
				if h.typ == typeStdin {
					got = append(got, content...)
				}
			}
			if string(got) != text {
				t.Errorf("the body has %d bytes, want %d", len(got), len(text))
			}
			plays(answers)(f)
		})
		c.MaxIdle = 1
		getKept(t, c)
		r := request("POST")
		r.Body, r.ContentLength = io.MultiReader(strings.NewReader(text)), int64(len(text))
		if again {
			r.GetBody = func() (io.Reader, error) { return strings.NewReader(text), nil }
		}
		status, _, err := fetch(t, c, r)
		if again && (err != nil || status != 200) || !again && (!errors.Is(err, protocol.ErrUpstream) || !strings.Contains(err.Error(), "cannot be had again")) {
			t.Errorf("again = %v: %d, %v", again, status, err)
		}
		c.CloseIdleConnections()
	}
}
