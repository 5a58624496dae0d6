package fastcgi

import (
	"errors"
	"io"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/postern-gateway/postern/protocol"
)

// TestIDs has the rules of request ids.
func TestIDs(t *testing.T) {
	t.Run("records of ids that are not active are skipped", func(t *testing.T) {
		f := serve(t, Protocol{}, nil, hello)
		f.dialog(`
			> STDIN 5 "late"
			> STDIN 5 end
			> PARAMS 5 end
			> ABORT_REQUEST 5
			> TYPE_42 5 "whatever"`)
		f.say(get(65535))
		f.answer(65535)
		f.dialog(`
			> STDIN 65535 "late"
			> ABORT_REQUEST 65535
			> GET_VALUES 0
			< GET_VALUES_RESULT 0`)
	})
	t.Run("a second BEGIN on an active id fails that request alone", func(t *testing.T) {
		release := make(chan bool)
		f := serve(t, Protocol{}, nil, func(w protocol.ResponseWriter, r *protocol.Request) error {
			if r.Params.Get("REQUEST_URI") == "/1" {
				<-r.Context().Done()
				return errors.New("taken back")
			}
			<-release
			return hello(w, r)
		})
		letGo := sync.OnceFunc(func() { close(release) })
		defer letGo()
		f.say(get(1), get(2))
		f.say("BEGIN_REQUEST 1 RESPONDER KEEP_CONN")
		f.dialog(`< END_REQUEST 1 REQUEST_COMPLETE 1`)
		letGo()
		f.dialog(`
			< STDOUT 2 ` + head8 + `hello /2"
			< STDOUT 2 end
			< END_REQUEST 2 REQUEST_COMPLETE 0
			< EOF`)
		f.nc.Close() // for which the server waits
		if err := f.wait(); err == nil || !strings.Contains(err.Error(), "request id 1 is already active") {
			t.Error(err)
		}
	})
	t.Run("a second BEGIN before the end of PARAMS", func(t *testing.T) {
		f := serve(t, Protocol{}, nil, hello)
		f.say("BEGIN_REQUEST 1 RESPONDER KEEP_CONN", "BEGIN_REQUEST 1 RESPONDER KEEP_CONN")
		out, _, end := f.answer(1)
		if !strings.HasPrefix(out, "Status: 400 Bad Request\r\n") || !bare(out) || end != "REQUEST_COMPLETE 0" {
			t.Errorf("got %q, %s", out, end)
		}
		f.hearEnd()
	})
}

// TestBrokenConversation: a connection ends at the first record that breaks the rules, with what it
// was and one line in the log.
func TestBrokenConversation(t *testing.T) {
	begin := "BEGIN_REQUEST 1 RESPONDER KEEP_CONN\n"
	rows := []struct{ text, say, want string }{
		{"BEGIN of an active id", strings.Repeat(begin, 1000), "request id 1 is already active"},
		{"STDIN before the end of PARAMS", begin + "STDIN 1 \"x\"", "a record before the end of PARAMS"},
		{"CVE-2025-23016", begin + "PARAMS 1 \"\\xff\\xff\\xff\\xff\\xff\\xff\\xff\\xff\"\nPARAMS 1 end", "4294967294 > 0 bytes left"},
		{"PARAMS that are no pairs", begin + "PARAMS 1 \"\\x05\\x05ABC\"\nPARAMS 1 end", "the stream ends within variable 1"},
	}
	for _, row := range rows {
		t.Run(row.text, func(t *testing.T) {
			f := serve(t, Protocol{}, nil, hello)
			f.say(row.say)
			if out, _, _ := f.answer(1); !strings.HasPrefix(out, "Status: 400 ") || !bare(out) {
				t.Errorf("got %q", out)
			}
			f.hearEnd()
			f.nc.Close() // for which the server waits
			f.wait()
			if n := strings.Count(f.logged.String(), "\n"); n != 1 || !strings.Contains(f.logged.String(), row.want) {
				t.Errorf("%d lines: %s", n, f.logged)
			}
		})
	}
}

// TestFloodOfFailures: a connection's failures do not fill the log, and it tells how many were left
// out.
func TestFloodOfFailures(t *testing.T) {
	const n = 500
	f := serve(t, Protocol{}, nil, hello)
	for range n {
		f.say("BEGIN_REQUEST 1 RESPONDER KEEP_CONN", "PARAMS 1 CONTENT_LENGTH=\"x\"", "PARAMS 1 end", "STDIN 1 end")
		f.answer(1)
	}
	f.nc.Close()
	f.wait()
	log, total := f.logged.String(), 0
	lines := strings.Count(log, "\n")
	for line := range strings.Lines(log) {
		if !strings.Contains(line, `"requests failed"`) {
			total++
		}
		if _, left, ok := strings.Cut(line, "unlogged="); ok {
			k, err := strconv.Atoi(strings.TrimSpace(left))
			if total += k; err != nil {
				t.Error(err)
			}
		}
	}
	if lines > n/2 || total != n {
		t.Errorf("%d lines tell of %d of %d failures: %s", lines, total, n, log)
	}
}

// TestRoles has BEGIN_REQUEST's role and flags.
func TestRoles(t *testing.T) {
	t.Run("an unknown role on a connection that stays", func(t *testing.T) {
		f := serve(t, Protocol{}, nil, hello)
		f.dialog(`
			> BEGIN_REQUEST 1 ROLE_9 KEEP_CONN
			< END_REQUEST 1 UNKNOWN_ROLE 0
			> PARAMS 1 end`)
		f.say(get(2))
		f.answer(2)
	})
	t.Run("an unknown role on a connection that does not", func(t *testing.T) {
		f := serve(t, Protocol{}, nil, hello)
		f.dialog(`
			> BEGIN_REQUEST 1 ROLE_0
			< END_REQUEST 1 UNKNOWN_ROLE 0
			< EOF`)
	})
	t.Run("an Authorizer is not kept waiting for STDIN", func(t *testing.T) {
		f := serve(t, Protocol{}, nil, func(w protocol.ResponseWriter, r *protocol.Request) error {
			b, err := io.ReadAll(r.Body)
			if r.Role != protocol.Authorizer || len(b) > 0 || err != nil || r.ContentLength != 0 {
				t.Errorf("%v, body %q, %v, length %d", r.Role, b, err, r.ContentLength)
			}
			SetVariable(w.Header(), "FOO", "bar")
			return hello(w, r)
		})
		f.dialog(`
			> BEGIN_REQUEST 1 AUTHORIZER
			> PARAMS 1 REMOTE_USER="joe" REMOTE_PASSWD="secret" CONTENT_LENGTH="77"
			> PARAMS 1 end
			< STDOUT 1 "Status: 200 OK\r\nContent-Length: 6\r\nVariable-FOO: bar\r\n\r\nhello "
			< STDOUT 1 end
			< END_REQUEST 1 REQUEST_COMPLETE 0
			< EOF`)
	})
	t.Run("a CONTENT_LENGTH of -1 is Caddy's word for an unknown one", func(t *testing.T) {
		f := serve(t, Protocol{}, nil, func(w protocol.ResponseWriter, r *protocol.Request) error {
			if b, err := io.ReadAll(r.Body); r.ContentLength != -1 || string(b) != "chunked" || err != nil {
				t.Errorf("body %q, %v, length %d", b, err, r.ContentLength)
			}
			return hello(w, r)
		})
		f.say("BEGIN_REQUEST 1 RESPONDER", `PARAMS 1 CONTENT_LENGTH="-1"`, "PARAMS 1 end", `STDIN 1 "chunked"`, "STDIN 1 end")
		f.answer(1)
		f.hearEnd()
	})
	t.Run("flags that nobody knows are ignored", func(t *testing.T) {
		f := serve(t, Protocol{}, nil, hello)
		f.write(appendRecord(nil, typeBegin, 1, []byte{0, 1, 0xfe, 1, 2, 3, 4, 5}))
		f.say("PARAMS 1 end", "STDIN 1 end")
		f.answer(1)
		f.hearEnd()
	})
}

// TestParamsStream has what may come in PARAMS.
func TestParamsStream(t *testing.T) {
	seen := make(chan protocol.Params, 1)
	see := func(w protocol.ResponseWriter, r *protocol.Request) error {
		seen <- r.Params
		return hello(w, r)
	}
	for _, size := range []int{1, 7, 127, 4096, 16384, maxContent} {
		long := strings.Repeat("x", min(300*size, 65535))
		want := protocol.Params{{Name: "A", Value: "1"}, {Name: "EMPTY"}, {Name: "", Value: "no name"}, {Name: "A", Value: "2"}, {Name: "BIN", Value: "\x00\xff\r\n"}, {Name: "LONG", Value: long}}
		f := serve(t, Protocol{}, nil, see)
		f.say("BEGIN_REQUEST 1 RESPONDER KEEP_CONN")
		for b := appendParams(nil, want); len(b) > 0; b = b[min(size, len(b)):] {
			f.write(appendRecord(nil, typeParams, 1, b[:min(size, len(b))]))
		}
		f.say("PARAMS 1 end", "STDIN 1 end")
		f.answer(1)
		if diff := cmp.Diff(want, <-seen); diff != "" {
			t.Errorf("records of %d bytes: %s", size, diff)
		}
	}
}

// bare reports whether the page of out is the status in its head and nothing else.
func bare(out string) bool {
	head, page, _ := strings.Cut(out, "\r\n\r\n")
	status, _, _ := strings.Cut(strings.TrimPrefix(head, "Status: "), "\r\n")
	return page == status+"\n"
}

// TestRefusedRequest has requests that are answered with an error; the connection lives on.
func TestRefusedRequest(t *testing.T) {
	lim := &protocol.Limits{ParamBytes: 1000, ParamCount: 3}
	rows := []struct{ text, say, status, want string }{
		{"too many bytes, in one record", `PARAMS 1 A="` + strings.Repeat("x", 1000) + `"`, "431", "read params: too large: 1006 > 1000 bytes"},
		{"too many bytes, in two", `PARAMS 1 A="` + strings.Repeat("x", 600) + "\"\nPARAMS 1 A=\"" + strings.Repeat("x", 600) + `"`, "431", "read params: too large: 1212 > 1000 bytes"},
		{"too many variables", "PARAMS 1 A=\"\" B=\"\" C=\"\" D=\"\"\nPARAMS 1 end", "431", "read params: too large: 4 > 3 variables"},
		{"CONTENT_LENGTH +5", "PARAMS 1 CONTENT_LENGTH=\"+5\"\nPARAMS 1 end", "400", `CONTENT_LENGTH "+5"`},
		{"CONTENT_LENGTH -2", "PARAMS 1 CONTENT_LENGTH=\"-2\"\nPARAMS 1 end", "400", `CONTENT_LENGTH "-2"`},
		{"CONTENT_LENGTH of 20 digits", "PARAMS 1 CONTENT_LENGTH=\"99999999999999999999\"\nPARAMS 1 end", "400", `CONTENT_LENGTH "99999999999999999999"`},
		{"two lengths that contradict each other", "PARAMS 1 CONTENT_LENGTH=\"0\" HTTP_CONTENT_LENGTH=\"6\"\nPARAMS 1 end", "400", "fastcgi_request_buffering off"},
		{"a length that the front does not confirm", "PARAMS 1 HTTP_CONTENT_LENGTH=\"6\"\nPARAMS 1 end", "400", `no CONTENT_LENGTH beside HTTP_CONTENT_LENGTH "6"`},
	}
	for _, row := range rows {
		t.Run(row.text, func(t *testing.T) {
			f := serve(t, Protocol{}, lim, hello)
			f.say("BEGIN_REQUEST 1 RESPONDER KEEP_CONN", row.say)
			out, _, end := f.answer(1)
			if !strings.HasPrefix(out, "Status: "+row.status) || !bare(out) || end != "REQUEST_COMPLETE 0" {
				t.Errorf("got %q, %s\nwant %s and its text alone", out, end, row.status)
			}
			f.say("STDIN 1 end") // of the request that was refused
			f.say(get(1))
			f.answer(1)
			if log := strings.ReplaceAll(f.logged.String(), `\"`, `"`); !strings.Contains(log, row.want) {
				t.Errorf("the log lacks %q: %s", row.want, log)
			}
		})
	}
}

// TestHeadTimeout: a request whose variables do not come is answered 408, and the connection lives
// on.
func TestHeadTimeout(t *testing.T) {
	f := serve(t, Protocol{}, &protocol.Limits{HeadTimeout: 20 * time.Millisecond}, hello)
	f.say("BEGIN_REQUEST 1 RESPONDER KEEP_CONN", `PARAMS 1 A="b"`)
	out, _, _ := f.answer(1)
	if !strings.HasPrefix(out, "Status: 408") || !bare(out) {
		t.Errorf("got %q", out)
	}
	f.say(get(1))
	f.answer(1)
	f.write([]byte{1, 1, 0})
	f.hearEnd()
	if err := f.wait(); err == nil || !strings.Contains(err.Error(), "not whole after 20ms") {
		t.Error(err)
	}
}

// TestIdleTimeout: a connection on which nothing comes is closed.
func TestIdleTimeout(t *testing.T) {
	f := serve(t, Protocol{}, &protocol.Limits{IdleTimeout: 20 * time.Millisecond}, hello)
	f.say(get(1))
	f.answer(1)
	f.hearEnd()
	f = serve(t, Protocol{}, &protocol.Limits{HeadTimeout: 20 * time.Millisecond}, hello)
	f.hearEnd()
}
