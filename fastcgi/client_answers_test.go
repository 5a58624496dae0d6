package fastcgi

import (
	"context"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/postern-gateway/postern/protocol"
)

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

// TestClientStderr: what a backend complains of is handed on as it comes, and an end comes with the
// last bytes.
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
