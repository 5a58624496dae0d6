package fastcgi

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/postern-gateway/postern/internal/netio"
	"github.com/postern-gateway/postern/protocol"
)

// asksValues and canMultiplex are how a connection begins that may carry several requests.
const (
	asksValues   = `> GET_VALUES 0 FCGI_MPXS_CONNS="" FCGI_MAX_REQS="" FCGI_MAX_CONNS=""`
	canMultiplex = asksValues + `
		< GET_VALUES_RESULT 0 FCGI_MPXS_CONNS="1" FCGI_MAX_REQS="8"`
	answersGet = `
		< STDOUT 1 "A: b\r\n\r\nhello"
		< END_REQUEST 1 REQUEST_COMPLETE 0`
)

// TestNotMultiplexed has backends that do not say that they multiplex. They are asked once, and
// used with a request a connection.
func TestNotMultiplexed(t *testing.T) {
	for name, answer := range map[string]string{
		"says no":             `< GET_VALUES_RESULT 0 FCGI_MPXS_CONNS="0" FCGI_MAX_REQS="8"`,
		"says nothing of it":  `< GET_VALUES_RESULT 0 FCGI_MAX_REQS="8"`,
		"takes one":           `< GET_VALUES_RESULT 0 FCGI_MPXS_CONNS="1" FCGI_MAX_REQS="1"`,
		"does not know":       `< UNKNOWN_TYPE 0 "\t\x00\x00\x00\x00\x00\x00\x00"`,
		"answers something":   `< STDOUT 1 "Status: 400\r\n\r\n"`,
		"closes":              "",
		"says what is broken": `< GET_VALUES_RESULT 0 "\x7f"`,
	} {
		t.Run(name, func(t *testing.T) {
			c := backend(t, plays(asksValues+"\n"+answer), plays(asksGet+answersGet), plays(asksGet+answersGet))
			c.Multiplex = 8
			for range 2 {
				getKept(t, c)
			}
		})
	}
	t.Run("speaks HTTP", func(t *testing.T) {
		c := backend(t, func(f *front) {
			plays(asksValues)(f)
			io.WriteString(f.nc, "HTTP/1.1 400 Bad Request\r\n\r\n")
		}, plays(asksGet+answersGet))
		c.Multiplex = 8
		getKept(t, c)
	})
	t.Run("is mute", func(t *testing.T) {
		t.Parallel() // it takes a second
		c := backend(t, func(f *front) {
			plays(asksValues)(f)
			f.hearEnd()
		}, plays(asksGet+answersGet), plays(asksGet+answersGet))
		c.Multiplex = 8
		getKept(t, c)
		getKept(t, c)
	})
	t.Run("the context ends meanwhile", func(t *testing.T) {
		ctx, cancel := context.WithCancel(context.Background())
		c := backend(t, func(f *front) {
			plays(asksValues)(f)
			cancel()
			f.hearEnd()
		})
		c.Multiplex = 8
		_, err := c.RoundTrip(ctx, request("GET"))
		if e, ok := errors.AsType[*protocol.Error](err); !ok || e.Kind != protocol.ErrAborted || !e.NotSent {
			t.Errorf("got %v", err)
		}
	})
	t.Run("refuses the second", func(t *testing.T) {
		c := backend(t, plays(canMultiplex+asks+`
			< END_REQUEST 1 CANT_MPX_CONN 0`), plays(asksGet+answersGet))
		c.Multiplex = 8
		if _, _, err := fetch(t, c, request("GET")); protocol.Status(err) != http.StatusServiceUnavailable {
			t.Errorf("got %v", err)
		}
		getKept(t, c)
	})
}

// hearsTwo reads to the ends of two requests.
func (f *front) hearsTwo() {
	for ended := 0; ended < 2; {
		h, _, err := f.record()
		if err != nil {
			f.t.Error(err)
			return
		}
		if h.typ == typeStdin && h.content == 0 {
			ended++
		}
	}
}

// TestMuxFails has backends that break the protocol, or end, while two requests share a connection:
// each that has not ended fails.
func TestMuxFails(t *testing.T) {
	rows := []struct {
		name string
		says []byte
		want string
		ends int // requests that end well
	}{
		{"an id that was never begun", parseRecords(t, `STDOUT 9 "A: b\r\n\r\n"`), "STDOUT for request id 9, which is not open", 0},
		{"beyond END_REQUEST", parseRecords(t, `STDOUT 1 "A: b\r\n\r\n"`, "END_REQUEST 1 REQUEST_COMPLETE 0", `STDOUT 1 "late"`), "STDOUT for request id 1, which is not open", 1},
		{"a second END_REQUEST", parseRecords(t, `STDOUT 2 "A: b\r\n\r\n"`, "END_REQUEST 2 REQUEST_COMPLETE 0", "END_REQUEST 2 REQUEST_COMPLETE 0"), "END_REQUEST for request id 2", 1},
		{"beyond the end of STDOUT", parseRecords(t, "STDOUT 1 end", `STDOUT 1 "A: b\r\n\r\n"`), "a record after the end of the stream", 0},
		{"what only a front sends", parseRecords(t, "PARAMS 1 end"), "PARAMS for request id 1", 0},
		{"a short END_REQUEST", appendRecord(nil, typeEnd, 1, make([]byte, 4)), "4 bytes of content, want 8", 0},
		{"another version", []byte("HTTP/1.1 400 Bad Request\r\n\r\n"), "version 72, want 1", 0},
		{"its end", nil, "EOF", 0},
		{"its end within a record", parseRecords(t, `STDOUT 1 "A: b\r\n\r\n"`)[:12], "EOF", 0},
	}
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			c := backend(t, func(f *front) {
				plays(canMultiplex)(f)
				f.hearsTwo()
				f.write(row.says)
			})
			c.Multiplex = 8
			var good atomic.Int32
			var all sync.WaitGroup
			for range 2 {
				all.Go(func() {
					switch _, _, err := fetch(t, c, request("GET")); {
					case err == nil:
						good.Add(1)
					case !errors.Is(err, protocol.ErrUpstream) || !strings.Contains(err.Error(), row.want):
						t.Errorf("got %v", err)
					}
				})
			}
			all.Wait()
			if n := int(good.Load()); n != row.ends {
				t.Errorf("%d ended well", n)
			}
			c.CloseIdleConnections()
		})
	}
}

// TestMuxCutEverywhere has a connection that ends at each byte of two answers. None looks whole
// that is not.
func TestMuxCutEverywhere(t *testing.T) {
	answers := parseRecords(t, `STDOUT 2 "A: b\r\n\r\nhel"`, `STDOUT 1 "A: b\r\n\r\nhello"`, `STDERR 1 "oh"`, `STDOUT 2 "lo"`, "STDOUT 1 end")
	first := len(answers) + 16
	answers = append(answers, parseRecords(t, "END_REQUEST 1 REQUEST_COMPLETE 0", "STDOUT 2 end", "END_REQUEST 2 REQUEST_COMPLETE 0")...)
	for n := range len(answers) {
		c := backend(t, func(f *front) {
			plays(canMultiplex)(f)
			f.hearsTwo()
			f.write(answers[:n])
		})
		c.Multiplex = 2
		var good atomic.Int32
		var all sync.WaitGroup
		for range 2 {
			all.Go(func() {
				if _, body, err := fetch(t, c, request("GET")); err == nil && body == "hello" {
					good.Add(1)
				} else if !errors.Is(err, protocol.ErrUpstream) {
					t.Errorf("after %d bytes: %q, %v", n, body, err)
				}
			})
		}
		all.Wait()
		if whole := n >= first; good.Load() > 1 || whole != (good.Load() == 1) {
			t.Errorf("after %d bytes: %d whole answers", n, good.Load())
		}
		c.CloseIdleConnections()
	}
}

// TestMuxAbort: a request that is given up is told to the backend. Its id is not used again, and
// what still comes of its answer is dropped, as net/http/fcgi sends it after END_REQUEST.
func TestMuxAbort(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	aborted := make(chan bool)
	c := backend(t, func(f *front) {
		defer close(aborted)
		plays(canMultiplex + asks)(f)
		cancel()
		f.hear("ABORT_REQUEST 1")
		aborted <- true
		f.dialog(`
			> STDOUT 1 "A: b\r\n\r\nnobody's"
			> END_REQUEST 1 REQUEST_COMPLETE 0
			< BEGIN_REQUEST 2 RESPONDER KEEP_CONN
			< PARAMS 2 REQUEST_METHOD="GET"
			< PARAMS 2 end
			< STDIN 2 end
			> STDOUT 1 "more"
			> END_REQUEST 1 REQUEST_COMPLETE 0
			> STDOUT 2 "A: b\r\n\r\nhello"
			> END_REQUEST 2 REQUEST_COMPLETE 0`)
	})
	c.Multiplex = 8
	if _, err := c.RoundTrip(ctx, request("GET")); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	<-aborted
	getKept(t, c)
	c.CloseIdleConnections()
}

// TestMuxLateEnd: a backend that does not say END_REQUEST to an ABORT_REQUEST loses the connection.
func TestMuxLateEnd(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan bool)
	c := backend(t, func(f *front) {
		defer close(ended)
		plays(canMultiplex + asks)(f)
		cancel()
		f.hear("ABORT_REQUEST 1")
		f.hearEnd()
	}, plays(canMultiplex+asks+answersGet))
	c.Multiplex, c.Limits = 8, &protocol.Limits{ReadTimeout: 10 * time.Millisecond}
	if _, err := c.RoundTrip(ctx, request("GET")); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	<-ended
	getKept(t, c)
	c.CloseIdleConnections()
}

// TestMuxStale: a request on a connection that the backend has closed is sent again on a new one.
func TestMuxStale(t *testing.T) {
	c := backend(t, plays(canMultiplex+asks+answersGet+asks), plays(canMultiplex+asks+answersGet))
	c.Multiplex = 8
	getKept(t, c)
	getKept(t, c)
	c.CloseIdleConnections()
}

// TestMuxEndAtTheBuffersEnd: an END_REQUEST that the end of the reader's buffer parts, at any byte.
func TestMuxEndAtTheBuffersEnd(t *testing.T) {
	for over := range 2 * headerLen {
		n := netio.BufferSize - 3*headerLen + over - len("A: b\r\n\r\n")
		content := "A: b\r\n\r\n" + strings.Repeat("x", n)
		// without padding
		answer := appendHeader(nil, header{typ: typeStdout, id: 1, content: len(content)})
		answer = append(answer, content...)
		answer = append(answer, parseRecords(t, "END_REQUEST 1 REQUEST_COMPLETE 0")...)
		c := backend(t, func(f *front) {
			plays(canMultiplex + asks)(f)
			f.write(answer)
		})
		c.Multiplex = 8
		if _, body, err := fetch(t, c, request("GET")); err != nil || len(body) != n {
			t.Errorf("%d: %d bytes, %v", over, len(body), err)
		}
		c.CloseIdleConnections()
	}
}
