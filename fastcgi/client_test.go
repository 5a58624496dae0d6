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

	"github.com/google/go-cmp/cmp"

	"github.com/postern-gateway/postern/protocol"
)

// backend returns a client whose nth connection is to a backend that plays the nth script and closes. The test waits for all.
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

// plays is a backend that plays a dialog: it hears ">" and says "<", what comes in a row in one write, because the client may close
// when it has had enough.
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

// answersToGet are what a backend may answer a GET, and what becomes of it.
var answersToGet = []struct {
	text, dialog string
	status       int
	body, err    string // err: its end
}{
	{"in one record", `
			< STDOUT 1 "Status: 201 Created\r\n\r\nhello"
			< STDOUT 1 end
			< END_REQUEST 1 REQUEST_COMPLETE 0`, 201, "hello", ""},
	{"without an end of STDOUT, as php-fpm", `
			< STDOUT 1 "X-Powered-By: PHP/8.2\r\n\r\nhello"
			< END_REQUEST 1 REQUEST_COMPLETE 0`, 200, "hello", ""},
	{"an exit status", `
			< STDOUT 1 "Content-Type: text/plain\n\nhello"
			< STDOUT 1 end
			< END_REQUEST 1 REQUEST_COMPLETE 938`, 200, "hello", ""},
	{"the head in pieces, STDERR between", `
			< STDOUT 1 "Stat"
			< STDERR 1 "a warning"
			< STDOUT 1 "us: 404 Not Found\r\nA: b\r\n\r"
			< STDERR 1 end
			< STDOUT 1 "\nno"
			< STDOUT 1 "thing"
			< STDOUT 1 end
			< END_REQUEST 1 REQUEST_COMPLETE 0`, 404, "nothing", ""},
	{"management records are none of ours", `
			< GET_VALUES_RESULT 0 FCGI_MAX_REQS="1"
			< STDOUT 1 "A: b\r\n\r\nhello"
			< UNKNOWN_TYPE 0 "\x01\x00\x00\x00\x00\x00\x00\x00"
			< END_REQUEST 1 REQUEST_COMPLETE 0`, 200, "hello", ""},
	{"interim heads are read past", `
			< STDOUT 1 "Status: 103 Early Hints\r\n\r\nStatus: 100 Continue\r\n\r\nStatus: 200 OK\r\n\r\nhello"
			< END_REQUEST 1 REQUEST_COMPLETE 0`, 200, "hello", ""},
	{"interim heads in pieces", `
			< STDOUT 1 "Status: 103 Early Hints\r\n"
			< STDOUT 1 "\r\nStatus: 100 Continue\r\n\r\nStatus: 200 OK\r\n"
			< STDOUT 1 "\r\nhello"
			< END_REQUEST 1 REQUEST_COMPLETE 0`, 200, "hello", ""},
	{"no END_REQUEST", `
			< STDOUT 1 "A: b\r\n\r\nhello"
			< STDOUT 1 end`, 200, "hello", "fastcgi: read response: upstream: unexpected EOF"},
	{"nothing", ``, 0, "", "fastcgi: read response head: upstream: unexpected EOF"},
	{"an end before the head's", `
			< STDOUT 1 "Status: 200"
			< STDOUT 1 end
			< END_REQUEST 1 REQUEST_COMPLETE 0`, 0, "", "fastcgi: read response head: upstream: the response ended after 11 bytes, before the end of its head: unexpected EOF"},
	{"OVERLOADED", `
			< END_REQUEST 1 OVERLOADED 0`, 503, "", "fastcgi: read response: upstream: OVERLOADED"},
	{"CANT_MPX_CONN", `
			< END_REQUEST 1 CANT_MPX_CONN 0`, 503, "", "fastcgi: read response: upstream: CANT_MPX_CONN"},
	{"UNKNOWN_ROLE", `
			< END_REQUEST 1 UNKNOWN_ROLE 0`, 502, "", "fastcgi: read response: upstream: UNKNOWN_ROLE"},
	{"marked as not whole", `
			< STDOUT 1 "A: b\r\n\r\nhalf"
			< END_REQUEST 1 REQUEST_COMPLETE 1`, 200, "half", "fastcgi: read response: upstream: the backend ended it with appStatus 1: unexpected EOF"},
	{"shorter than its Content-Length", `
			< STDOUT 1 "Content-Length: 6\r\n\r\nhello"
			< STDOUT 1 end
			< END_REQUEST 1 REQUEST_COMPLETE 0`, 200, "hello", "fastcgi: read response: upstream: 1 bytes short of its Content-Length: unexpected EOF"},
	{"longer than its Content-Length", `
			< STDOUT 1 "Content-Length: 4\r\n\r\nhello"
			< STDOUT 1 end
			< END_REQUEST 1 REQUEST_COMPLETE 0`, 200, "hell", ""},
	{"chunks", `
			< STDOUT 1 "Transfer-Encoding: chunked\r\nConnection: X-Own\r\nX-Own: 1\r\n\r\n3\r\none\r\n0\r\n\r\n"
			< END_REQUEST 1 REQUEST_COMPLETE 0`, 200, "one", ""},
	{"an empty head", `
			< STDOUT 1 "\n\nbody"
			< END_REQUEST 1 REQUEST_COMPLETE 0`, 200, "\nbody", ""},
	{"a colon after the status", `
			< STDOUT 1 "Status: 404: Not Found\r\n\r\nnothing"
			< END_REQUEST 1 REQUEST_COMPLETE 0`, 404, "nothing", ""},
	{"204 with a newline", `
			< STDOUT 1 "Status: 204\r\n\r\n\n"
			< END_REQUEST 1 REQUEST_COMPLETE 0`, 204, "", ""},
	{"a whole length, and END_REQUEST held back", `
			< STDOUT 1 "Content-Length: 5\r\n\r\nhello"`, 200, "hello", ""},
	{"another's record", `
			< STDOUT 2 "A: b\r\n\r\nhello"`, 0, "", "fastcgi: read response head: upstream: fastcgi: read record: malformed: STDOUT for request id 2"},
	{"a record that only a front sends", `
			< STDIN 1 "x"`, 0, "", "fastcgi: read response head: upstream: fastcgi: read record: malformed: STDIN for request id 1"},
	{"STDOUT after its end", `
			< STDOUT 1 "A: b\r\n\r\nhello"
			< STDOUT 1 end
			< STDOUT 1 "more"`, 200, "hello", "fastcgi: read response: upstream: fastcgi: read STDOUT: malformed: a record after the end of the stream"},
	{"a head that is none", `
			< STDOUT 1 "no head\r\n\r\n"`, 0, "", `malformed: header line 1: "no head"`},
}

func TestAnswers(t *testing.T) {
	for _, row := range answersToGet {
		t.Run(row.text, func(t *testing.T) {
			c := backend(t, plays(asksGet+row.dialog))
			status, body, err := fetch(t, c, request("GET"))
			if status == 0 && err != nil && row.status != 0 {
				status = protocol.Status(err)
			}
			if status != row.status || body != row.body || (err != nil) != (row.err != "") {
				t.Fatalf("got %d %q, %v; want %d %q, %s", status, body, err, row.status, row.body, row.err)
			}
			if err != nil && (!strings.HasSuffix(err.Error(), row.err) || !errors.Is(err, protocol.ErrUpstream)) {
				t.Errorf("got  %v\nwant %s", err, row.err)
			}
		})
	}
}

// TestSent has what a client sends.
func TestSent(t *testing.T) {
	const answers = `
		< STDOUT 1 "A: b\r\n\r\n"
		< END_REQUEST 1 REQUEST_COMPLETE 0`
	rows := []struct {
		text   string
		r      *protocol.Request
		dialog string
	}{
		{"a small body, its length made true", &protocol.Request{Params: protocol.Pairs("CONTENT_LENGTH", "999", "HTTP_PROXY", "http://evil", "A", "b"), Body: strings.NewReader("hello"), ContentLength: 5}, `
			> BEGIN_REQUEST 1 RESPONDER
			> PARAMS 1 CONTENT_LENGTH="5" A="b"
			> PARAMS 1 end
			> STDIN 1 "hello"
			> STDIN 1 end`},
		{"a body of unknown length", &protocol.Request{Params: protocol.Pairs("A", "b"), Body: strings.NewReader("hello"), ContentLength: -1}, `
			> BEGIN_REQUEST 1 RESPONDER
			> PARAMS 1 A="b" CONTENT_LENGTH="5"
			> PARAMS 1 end
			> STDIN 1 "hello"
			> STDIN 1 end`},
		{"an Authorizer's request has no body", &protocol.Request{Role: protocol.Authorizer, Params: protocol.Pairs("REMOTE_USER", "joe", "CONTENT_LENGTH", "5"), Body: strings.NewReader("hello"), ContentLength: 5}, `
			> BEGIN_REQUEST 1 AUTHORIZER
			> PARAMS 1 REMOTE_USER="joe"
			> PARAMS 1 end
			> STDIN 1 end`},
		{"a Filter's DATA comes after STDIN", &protocol.Request{Role: protocol.Filter, Params: protocol.Pairs("A", "b"), Body: strings.NewReader("hello"), ContentLength: 5, Data: strings.NewReader("data"), DataLength: 4}, `
			> BEGIN_REQUEST 1 FILTER
			> PARAMS 1 A="b" CONTENT_LENGTH="5" FCGI_DATA_LENGTH="4"
			> PARAMS 1 end
			> STDIN 1 "hello"
			> STDIN 1 end
			> DATA 1 "data"
			> DATA 1 end`},
	}
	for _, row := range rows {
		t.Run(row.text, func(t *testing.T) {
			c := backend(t, plays(row.dialog+answers))
			if _, _, err := fetch(t, c, row.r); err != nil {
				t.Error(err)
			}
		})
	}
}

// TestPairsStayWhole: php-fpm drops a request of which a pair is in two records, or a record is longer than 65,528 bytes.
func TestPairsStayWhole(t *testing.T) {
	want := protocol.Pairs("REQUEST_METHOD", "GET")
	for i := range 40 {
		want.Add("HTTP_X_"+string(rune('A'+i)), strings.Repeat("x", i*500))
	}
	var got protocol.Params
	c := backend(t, func(f *front) {
		for {
			h, content, err := f.record()
			if err != nil || h.typ == typeParams && h.content == 0 {
				break
			}
			if h.content+h.padding > fullContent || (h.content+h.padding)%8 != 0 {
				t.Errorf("a record of %d + %d bytes", h.content, h.padding)
			}
			if h.typ == typeParams {
				params, err := consumeParams(content, 100)
				if err != nil {
					t.Error(err)
				}
				got = append(got, params...)
			}
		}
		f.dialog(`
			< STDIN 1 end
			> STDOUT 1 "A: b\r\n\r\n"
			> END_REQUEST 1 REQUEST_COMPLETE 0`)
	})
	if _, _, err := fetch(t, c, &protocol.Request{Params: want}); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// TestEarlyResponse: a response that comes before the body was taken is read, whether the backend then closes or not.
func TestEarlyResponse(t *testing.T) {
	for _, closes := range []bool{true, false} {
		letGo := make(chan bool)
		c := backend(t, func(f *front) {
			for {
				if h, _, err := f.record(); err != nil || h.typ == typeStdin {
					break
				}
			}
			f.dialog(`
				> STDOUT 1 "Status: 413 Content Too Large\r\n\r\ntoo large"
				> STDOUT 1 end
				> END_REQUEST 1 REQUEST_COMPLETE 0`)
			if !closes {
				<-letGo
			}
		})
		body := io.LimitReader(endless{}, 100<<20)
		status, text, err := fetch(t, c, &protocol.Request{Params: protocol.Pairs("REQUEST_METHOD", "POST"), Body: body, ContentLength: 100 << 20})
		if status != 413 || text != "too large" || err != nil {
			t.Errorf("closes = %v: %d %q, %v", closes, status, text, err)
		}
		close(letGo)
	}
}

type endless struct{}

func (endless) Read(p []byte) (int, error) { return len(p), nil }

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

// TestBodyFails: a body that cannot be read is not sent as if it were whole, and its error is the exchange's.
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

// TestClientStderr: what a backend complains of is handed on as it comes, and an end comes with the last bytes.
func TestClientStderr(t *testing.T) {
	var said []string
	c := backend(t, plays(asksGet+`
		< STDERR 1 "one"
		< STDOUT 1 "A: b\r\n\r\nhello"
		< STDERR 1 "two"
		< END_REQUEST 1 REQUEST_COMPLETE 0`))
	c.Stderr = func(r *protocol.Request, text []byte) { said = append(said, string(text)) }
	if _, _, err := fetch(t, c, request("GET")); err != nil {
		t.Error(err)
	}
	if diff := cmp.Diff([]string{"one", "two"}, said); diff != "" {
		t.Error(diff)
	}
}

// TestEndWithLastBytes: io.EOF comes with the last bytes when the end is there already.
func TestEndWithLastBytes(t *testing.T) {
	c := backend(t, func(f *front) {
		plays(asksGet)(f)
		f.say(`STDOUT 1 "A: b\r\n\r\nhello"`, "STDOUT 1 end", "END_REQUEST 1 REQUEST_COMPLETE 0")
	})
	res, err := c.RoundTrip(context.Background(), request("GET"))
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if n, err := res.Body.Read(make([]byte, 100)); n != 5 || err != io.EOF {
		t.Errorf("got %d, %v", n, err)
	}
}
