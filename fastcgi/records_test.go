package fastcgi

import (
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/postern-gateway/postern/protocol"
)

// head7 and the like begin an answer of hello: with that Content-Length.
const (
	head7 = `"Status: 200 OK\r\nContent-Length: 7\r\n\r\n`
	head8 = `"Status: 200 OK\r\nContent-Length: 8\r\n\r\n`
)

// TestManagement has one dialog for each rule of section 4.
func TestManagement(t *testing.T) {
	rows := []struct{ text, dialog string }{
		{"only what is asked and known, in one record", `
			> GET_VALUES 0 FCGI_MPXS_CONNS="" FCGI_NO_SUCH="" FCGI_MAX_REQS=""
			< GET_VALUES_RESULT 0 FCGI_MPXS_CONNS="1" FCGI_MAX_REQS="7"
			> GET_VALUES 0 FCGI_MAX_REQS=""
			< GET_VALUES_RESULT 0 FCGI_MAX_REQS="7"`},
		{"nothing known: an empty result", `
			> GET_VALUES 0 FCGI_NO_SUCH=""
			< GET_VALUES_RESULT 0`},
		{"nothing asked: an empty result", `
			> GET_VALUES 0
			< GET_VALUES_RESULT 0`},
		{"asked twice, answered once", `
			> GET_VALUES 0 FCGI_MAX_REQS="" FCGI_MAX_REQS=""
			< GET_VALUES_RESULT 0 FCGI_MAX_REQS="7"`},
		{"unknown types", `
			> TYPE_99 0 "anything"
			< UNKNOWN_TYPE 0 TYPE_99
			> TYPE_0 0
			< UNKNOWN_TYPE 0 TYPE_0`},
		{"answers to nothing are not answered", `
			> UNKNOWN_TYPE 0 "\x63\x00\x00\x00\x00\x00\x00\x00"
			> GET_VALUES_RESULT 0 FCGI_MAX_REQS="1"
			> GET_VALUES 0
			< GET_VALUES_RESULT 0`},
		{"in the midst of a request", `
			> BEGIN_REQUEST 1 RESPONDER KEEP_CONN
			> GET_VALUES 0 FCGI_MPXS_CONNS=""
			< GET_VALUES_RESULT 0 FCGI_MPXS_CONNS="1"
			> PARAMS 1 REQUEST_URI="/"
			> TYPE_77 0
			< UNKNOWN_TYPE 0 TYPE_77
			> PARAMS 1 end
			> STDIN 1 end
			< STDOUT 1 ` + head7 + `hello /"
			< STDOUT 1 end
			< END_REQUEST 1 REQUEST_COMPLETE 0`},
	}
	for _, row := range rows {
		t.Run(row.text, func(t *testing.T) {
			f := serve(t, Protocol{}, &protocol.Limits{Requests: 7}, hello)
			f.dialog(row.dialog)
		})
	}
	t.Run("the truth of a connection for one request at a time", func(t *testing.T) {
		f := serve(t, Protocol{MaxConns: 100}, &protocol.Limits{Requests: 1}, hello)
		f.dialog(`
			> GET_VALUES 0 FCGI_MPXS_CONNS="" FCGI_MAX_REQS="" FCGI_MAX_CONNS=""
			< GET_VALUES_RESULT 0 FCGI_MPXS_CONNS="0" FCGI_MAX_REQS="1" FCGI_MAX_CONNS="100"`)
	})
	t.Run("no limit is as many as there are ids", func(t *testing.T) {
		f := serve(t, Protocol{}, &protocol.Limits{Requests: -1, ConnMemory: -1}, hello)
		f.dialog(`
			> GET_VALUES 0 FCGI_MAX_REQS=""
			< GET_VALUES_RESULT 0 FCGI_MAX_REQS="65535"`)
	})
	t.Run("of 128 requests 32 surely fit", func(t *testing.T) {
		f := serve(t, Protocol{}, nil, hello)
		f.dialog(`
			> GET_VALUES 0 FCGI_MAX_REQS="" FCGI_MPXS_CONNS=""
			< GET_VALUES_RESULT 0 FCGI_MAX_REQS="32" FCGI_MPXS_CONNS="1"`)
	})
	t.Run("a question that takes a whole record", func(t *testing.T) {
		f := serve(t, Protocol{}, nil, hello)
		f.write(appendRecord(nil, typeGetValues, 0, []byte(strings.Repeat("\x01\x00A", 21845))))
		f.hear("GET_VALUES_RESULT 0")
	})
}

// TestBrokenConnection has what ends a connection: nobody can say where the next record begins.
func TestBrokenConnection(t *testing.T) {
	rows := []struct {
		text string
		wire string
		want string // in the error
	}{
		{"an application record with id 0", string(appendRecord(nil, typeBegin, 0, appendBegin(nil, begin{role: 1}))), "read BEGIN_REQUEST: malformed: request id 0"},
		{"PARAMS with id 0", string(appendRecord(nil, typeParams, 0, nil)), "read PARAMS: malformed: request id 0"},
		{"BEGIN_REQUEST of 7 bytes", string(appendRecord(nil, typeBegin, 1, make([]byte, 7))), "read BEGIN_REQUEST: malformed: 7 bytes of content, want 8"},
		{"BEGIN_REQUEST of 9 bytes", string(appendRecord(nil, typeBegin, 1, make([]byte, 9))), "read BEGIN_REQUEST: malformed: 9 bytes of content, want 8"},
		{"GET_VALUES that ends within a pair", string(appendRecord(nil, typeGetValues, 0, []byte{5, 0, 'A'})), "read GET_VALUES: malformed: the record ends within a pair"},
		{"another version, later", string(appendRecord(nil, typeGetValues, 0, nil)) + "\xff\xff", "read record: malformed: version 255, want 1"},
	}
	for _, row := range rows {
		t.Run(row.text, func(t *testing.T) {
			f := serve(t, Protocol{}, nil, hello)
			f.write([]byte(row.wire))
			if _, err := io.Copy(io.Discard, f.nc); err != nil {
				t.Error(err)
			}
			f.nc.Close()
			err := f.wait()
			if err == nil || !strings.HasSuffix(err.Error(), row.want) || !errors.Is(err, protocol.ErrMalformed) {
				t.Errorf("got %v\nwant %s", err, row.want)
			}
		})
	}
	t.Run("an end within a record", func(t *testing.T) {
		f := serve(t, Protocol{}, nil, hello)
		f.write([]byte{1, 1, 0})
		f.nc.Close()
		if err := f.wait(); !errors.Is(err, io.ErrUnexpectedEOF) {
			t.Error(err)
		}
	})
	t.Run("an end between records is clean", func(t *testing.T) {
		f := serve(t, Protocol{}, nil, hello)
		f.say(get(1))
		f.answer(1)
		f.nc.Close()
		if err := f.wait(); err != nil && err != io.EOF {
			t.Error(err)
		}
	})
}

// TestForeign has fronts that speak something else.
func TestForeign(t *testing.T) {
	rows := []struct{ text, wire, want, answer string }{
		{"HTTP", "GET / HTTP/1.1\r\nHost: a\r\n\r\n", "HTTP on a FastCGI listener: the front uses proxy_pass where fastcgi_pass is meant", "HTTP/1.1 400 Bad Request\r\n"},
		{"SCGI", "70:CONTENT_LENGTH\x000\x00SCGI\x001\x00", "SCGI on a FastCGI listener: the front uses scgi_pass where fastcgi_pass is meant", "Status: 400 Bad Request\r\n"},
		{"uwsgi", "\x00\x20\x00\x00\x0e\x00REQUEST_METHOD\x03\x00GET", "uwsgi on a FastCGI listener: the front uses uwsgi_pass where fastcgi_pass is meant", "HTTP/1.1 400 Bad Request\r\n"},
		{"TLS", "\x16\x03\x01\x02\x00\x01", "TLS on a FastCGI listener: the front speaks TLS where none is meant", "HTTP/1.1 400 Bad Request\r\n"},
		{"version 2", "\x02\x01\x00\x01\x00\x08\x00\x00", `what came is no FastCGI: it begins with \"\\x02\\x01\\x00\\x01\\x00\\b\\x00\\x00\"`, "HTTP/1.1 400 Bad Request\r\n"},
	}
	for _, row := range rows {
		t.Run(row.text, func(t *testing.T) {
			f := serve(t, Protocol{}, nil, hello)
			f.write([]byte(row.wire))
			answer, err := io.ReadAll(f.nc)
			if err != nil || !strings.HasPrefix(string(answer), row.answer) || !strings.Contains(string(answer), "\r\n\r\n400 Bad Request\n") {
				t.Errorf("answered %q, %v", answer, err)
			}
			f.nc.Close()
			if err := f.wait(); err != nil {
				t.Errorf("what has been answered and logged ends the connection once more: %v", err)
			}
			if n := strings.Count(f.logged.String(), "fastcgi: read head: malformed: "+row.want); n != 1 {
				t.Errorf("logged %d times: %s", n, f.logged)
			}
		})
	}
}

// TestSplitAnywhere sends a conversation a byte at a time, and with padding of any bytes.
func TestSplitAnywhere(t *testing.T) {
	f := serve(t, Protocol{}, nil, func(w protocol.ResponseWriter, r *protocol.Request) error {
		body, err := io.ReadAll(r.Body)
		w.Header()["Content-Type"] = nil
		w.Write(body)
		return err
	})
	var wire []byte
	add := func(typ recordType, content string, padding int) {
		wire = appendHeader(wire, header{typ, 300, len(content), padding})
		wire[len(wire)-1] = 0xee // reserved
		wire = append(wire, content...)
		wire = append(wire, strings.Repeat("\x99", padding)...)
	}
	add(typeBegin, string(appendBegin(nil, begin{1, true})), 255)
	add(typeParams, string(appendPair(nil, "CONTENT_LENGTH", "5")), 7)
	add(typeParams, "", 255)
	add(typeStdin, "he", 1)
	add(typeStdin, "llo", 255)
	add(typeStdin, "", 255)
	for range 2 {
		for i := range wire {
			f.write(wire[i : i+1])
		}
		if out, _, end := f.answer(300); out != "Status: 200 OK\r\nContent-Length: 5\r\n\r\nhello" || end != "REQUEST_COMPLETE 0" {
			t.Errorf("got %q, %s", out, end)
		}
	}
	f.write(wire)
	if out, _, _ := f.answer(300); out != "Status: 200 OK\r\nContent-Length: 5\r\n\r\nhello" {
		t.Errorf("in one piece: %q", out)
	}
}
