package endpoint

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/postern-gateway/postern/internal/netio/netiotest"
	"github.com/postern-gateway/postern/protocol"
)

// clients are those that one reader of responses serves.
var clients = []string{"cgi", "fastcgi", "scgi", "uwsgi", "http"}

// responses are what a backend says, by whatever protocol, and what each client makes of it: a
// status, a header, a body; an error, of the head or of the body; a line of the log.
var responses = []struct {
	name, method         string
	status, fields, body string
	raw                  string // instead of those three
	want, err, logged    string
	http                 string // what HTTP's client makes of it, if it differs
}{
	{name: "204 with a newline", status: "204 No Content", body: "\n", want: `204 map[] ""`},
	{name: "204 with a length", status: "204 No Content", fields: "Content-Length: 5\n", body: "hello", want: `204 map[] ""`},
	{name: "304 with a body", status: "304 Not Modified", fields: "Etag: x\n", body: "hello", want: `304 map[Etag:[x]] ""`},
	{name: "HEAD with a body", method: "HEAD", status: "200 OK", fields: "Content-Length: 5\n", body: "hello", want: `200 map[Content-Length:[5]] ""`},
	{name: "longer than declared", status: "200 OK", fields: "Content-Length: 4\n", body: "hello", want: `200 map[Content-Length:[4]] "hell"`, logged: beyond},
	{name: "much longer", status: "200 OK", fields: "Content-Length: 4\n", body: "hell" + strings.Repeat("\n", 9000), want: `200 map[Content-Length:[4]] "hell"`, logged: beyond},
	{name: "more than nothing", status: "200 OK", fields: "Content-Length: 0\n", body: "hello", want: `200 map[Content-Length:[0]] ""`, logged: beyond},
	{name: "shorter than declared", status: "200 OK", fields: "Content-Length: 9\n", body: "hello", want: `200 map[Content-Length:[9]] "hello"`, err: "4 bytes short of its Content-Length"},
	{name: "chunks", status: "200 OK", fields: "Transfer-Encoding: chunked\n", body: "3\r\none\r\n4\r\n two\r\n0\r\n\r\n", want: `200 map[] "one two"`},
	{name: "chunks and a length", status: "200 OK", fields: "Content-Length: 3\nTransfer-Encoding: Chunked\n", body: "3\r\none\r\n4\r\n two\r\n0\r\n\r\n", want: `200 map[] "one two"`},
	{name: "chunks with a trailer", status: "200 OK", fields: "Transfer-Encoding: chunked\nTrailer: X\n", body: "3\r\none\r\n0\r\nX: y\r\n\r\n", want: `200 map[] "one"`},
	{name: "chunks that end early", status: "200 OK", fields: "Transfer-Encoding: chunked\n", body: "3\r\none\r\n", want: `200 map[] "one"`, err: "unexpected EOF"},
	{name: "another coding", status: "200 OK", fields: "Transfer-Encoding: gzip\n", err: `unsupported: Transfer-Encoding "gzip"`},
	{name: "a colon after the status", status: "404: Not Found", body: "x", want: `404 map[] "x"`},
	{name: "no space after the status", status: "404Not Found", body: "x", want: `404 map[] "x"`},
	{name: "a status that nobody has assigned", status: "299 Mostly Fine", body: "x", want: `299 map[Status:[299 Mostly Fine]] "x"`},
	{name: "four digits", status: "4040 x", err: "4040 x"},
	{name: "two digits", status: "99", err: " 99"},
	{name: "an empty head", raw: "\n\nbody", want: `200 map[] "\nbody"`, http: "no status line of HTTP/1"},
	{name: "no status", raw: "Content-Type: a/b\n\nbody", want: `200 map[Content-Type:[a/b]] "body"`, http: "no status line of HTTP/1"},
	{name: "two statuses", status: "404 A", fields: "Status: 500 B\n", want: `404 map[] ""`},
	{name: "two types", status: "200 OK", fields: "Content-Type: a/a\nContent-Type: b/b\n", want: `200 map[Content-Type:[b/b]] ""`},
	{name: "two lengths", status: "200 OK", fields: "Content-Length: 4\nContent-Length: 5\n", body: "hello", err: `malformed: Content-Length "5"`},
	{name: "fields that Connection names", status: "200 OK", fields: "Connection: close, x-hop\nX-Hop: 1\nKeep-Alive: 1\nX-End: 2\n", want: `200 map[X-End:[2]] ""`},
	{name: "a length that Connection names", status: "200 OK", fields: "Connection: x, content-length\nContent-Length: 4\n", body: "hello",
		want: `200 map[Content-Length:[4]] "hell"`, logged: beyond},
	{name: "one that the body falls short of", status: "200 OK", fields: "Connection: content-length\nContent-Length: 9\n", body: "hello",
		want: `200 map[Content-Length:[9]] "hello"`, err: "4 bytes short of its Content-Length"},
	{name: "a line that is none", status: "200 OK", fields: "A: b\noops\n", err: `header line 3: "oops"`},
	{name: "a control byte", status: "200 OK", fields: "A: \x01\n", err: `header value in line 2: "A: \x01"`},
	{name: "half a head", raw: "HTTP/1.1 200 OK\nA: b", err: "the response ended after 20 bytes, before the end of its head"},
}

const beyond = "response beyond its Content-Length: the surplus is cut"

func TestResponses(t *testing.T) {
	for _, scheme := range clients {
		for _, row := range responses {
			t.Run(scheme+"/"+row.name, func(t *testing.T) {
				says := row.raw
				if says == "" {
					says = "Status: " + row.status + "\n" + row.fields + "\n" + row.body
				}
				if scheme == "http" {
					if says = strings.Replace(says, "Status: ", "HTTP/1.1 ", 1); row.http != "" {
						row.want, row.err = "", row.http
					}
				}
				var log logged
				e := fake(t, scheme, framed(scheme, says))
				got, err := outcome(t, e, row.method, &log)
				if diff := cmp.Diff(row.want, got); diff != "" {
					t.Error(diff)
				}
				if (err == nil) != (row.err == "") || err != nil && (!strings.Contains(err.Error(), row.err) || !errors.Is(err, protocol.ErrUpstream)) {
					t.Errorf("%v, want %q", err, row.err)
				}
				if !strings.Contains(log.String(), row.logged) || row.logged == "" && log.Len() > 0 {
					t.Errorf("the log has %q, want %q", log.String(), row.logged)
				}
			})
		}
	}
}

// A surplus that comes when the head has been read, and the declared body with it, is told too:
// CGI's and FastCGI's output is read to its end, and of the others what has come by the body's end.
// Over HTTP the connection is not used again.
func TestLateSurplus(t *testing.T) {
	for _, scheme := range []string{"fastcgi", "scgi", "uwsgi", "http"} {
		head := "Status: 200\r\nContent-Length: 4\r\n\r\nhell"
		first, second := head, "o"
		switch scheme {
		case "fastcgi":
			first, second = record(6, head), framed(scheme, "o")
		case "http":
			first = strings.Replace(head, "Status:", "HTTP/1.1", 1)
		}
		var log logged
		e := parsed(t, scheme+"+unix:/backend")
		more, said := make(chan struct{}), make(chan struct{})
		dials := 0
		e.connect = func(context.Context, string, string) (net.Conn, error) {
			ours, theirs := netiotest.Unix(t)
			dials++
			go func() {
				theirs.Read(make([]byte, 64<<10))
				io.WriteString(theirs, first)
				<-more
				io.WriteString(theirs, second)
				said <- struct{}{}
				io.Copy(io.Discard, theirs)
				theirs.Close()
			}()
			return ours, nil
		}
		c, err := e.Client(&ClientOptions{Log: slog.New(slog.NewTextHandler(&log, nil))})
		if err != nil {
			t.Fatal(err)
		}
		for range 2 {
			res, err := c.RoundTrip(t.Context(), &protocol.Request{Params: protocol.Pairs("REQUEST_METHOD", "GET", "REQUEST_URI", "/")})
			if err != nil {
				t.Fatal(scheme, err)
			}
			more <- struct{}{}
			<-said
			if b, err := io.ReadAll(res.Body); string(b) != "hell" || err != nil {
				t.Errorf("%s: %q, %v", scheme, b, err)
			}
			res.Body.Close()
		}
		log.await(beyond)
		if c.Close(); dials != 2 {
			t.Errorf("%s: %d connections for 2 requests", scheme, dials)
		}
	}
}

// outcome asks e and tells what comes of it.
func outcome(t *testing.T, e *Endpoint, method string, log *logged) (got string, err error) {
	if method == "" {
		method = "GET"
	}
	c, err := e.Client(&ClientOptions{Log: slog.New(slog.NewTextHandler(log, nil))})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	res, err := c.RoundTrip(t.Context(), &protocol.Request{Params: protocol.Pairs("REQUEST_METHOD", method, "REQUEST_URI", "/", "PATH_INFO", "/")})
	if err != nil {
		return "", err
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	return fmt.Sprintf("%d %v %q", res.Status, res.Header, b), err
}

// fake is a backend that says that to each request, and closes.
func fake(t *testing.T, scheme, says string) *Endpoint {
	if scheme == "cgi" {
		dir := t.TempDir()
		script, output := filepath.Join(dir, "script"), filepath.Join(dir, "output")
		if err := errors.Join(os.WriteFile(output, []byte(says), 0o600), os.WriteFile(script, []byte("#!/bin/sh\nexec cat "+output+"\n"), 0o700)); err != nil {
			t.Fatal(err)
		}
		return parsed(t, "cgi:"+script)
	}
	e := parsed(t, scheme+"+unix:/backend")
	e.connect = func(context.Context, string, string) (net.Conn, error) {
		ours, theirs := netiotest.Unix(t)
		go func() {
			theirs.Read(make([]byte, 64<<10))
			io.WriteString(theirs, says)
			theirs.Close()
		}()
		return ours, nil
	}
	return e
}

func parsed(t *testing.T, url string) *Endpoint {
	e, err := Parse(url)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// framed is a whole response in the protocol's frame.
func framed(scheme, says string) string {
	if scheme != "fastcgi" {
		return says
	}
	return record(6, says) + record(3, strings.Repeat("\x00", 8))
}

// record is a record of FastCGI, of request 1.
func record(kind byte, content string) string {
	h := binary.BigEndian.AppendUint16([]byte{1, kind, 0, 1}, uint16(len(content)))
	return string(append(h, 0, 0)) + content
}
