package fastcgi

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/postern-gateway/postern/protocol"
)

// TestAbort has the ends of a request that is taken back (section 5.4).
func TestAbort(t *testing.T) {
	t.Run("END_REQUEST when the handler has returned, and nothing after it", func(t *testing.T) {
		returns := make(chan bool)
		wrote := make(chan error, 1)
		f := serve(t, Protocol{}, nil, func(w protocol.ResponseWriter, r *protocol.Request) error {
			if r.Params.Get("REQUEST_URI") != "/1" {
				return hello(w, r)
			}
			<-r.Context().Done()
			if err := context.Cause(r.Context()); !errors.Is(err, protocol.ErrAborted) || !strings.Contains(err.Error(), "ABORT_REQUEST") {
				t.Error(err)
			}
			<-returns
			w.Write(make([]byte, 100_000))
			wrote <- http.NewResponseController(w).Flush()
			return nil
		})
		f.say(get(1), "ABORT_REQUEST 1", "ABORT_REQUEST 1")
		f.say("GET_VALUES 0")
		f.hear("GET_VALUES_RESULT 0") // and no END_REQUEST before it
		f.say(get(2))
		f.answer(2)
		returns <- true
		f.hear("END_REQUEST 1 REQUEST_COMPLETE 1")
		if err := <-wrote; !errors.Is(err, protocol.ErrAborted) {
			t.Errorf("a write after ABORT: %v", err)
		}
		f.say("ABORT_REQUEST 1", strings.Replace(get(1), `"/1"`, `"/3"`, 1)) // the id is free
		f.answer(1)
	})
	t.Run("before the end of PARAMS", func(t *testing.T) {
		f := serve(t, Protocol{}, nil, hello)
		f.dialog(`
			> BEGIN_REQUEST 1 RESPONDER KEEP_CONN
			> PARAMS 1 A="b"
			> ABORT_REQUEST 1
			< END_REQUEST 1 REQUEST_COMPLETE 1
			> PARAMS 1 end
			> BEGIN_REQUEST 1 RESPONDER
			> PARAMS 1 REQUEST_URI="/"
			> PARAMS 1 end
			< STDOUT 1 ` + head7 + `hello /"
			< STDOUT 1 end
			< END_REQUEST 1 REQUEST_COMPLETE 0`)
	})
	t.Run("without KEEP_CONN the connection ends", func(t *testing.T) {
		f := serve(t, Protocol{}, nil, hello)
		f.dialog(`
			> BEGIN_REQUEST 1 RESPONDER
			> ABORT_REQUEST 1
			< END_REQUEST 1 REQUEST_COMPLETE 1
			< EOF`)
	})
	t.Run("behind a body that nobody reads", func(t *testing.T) {
		f := serve(t, Protocol{}, nil, func(w protocol.ResponseWriter, r *protocol.Request) error {
			<-r.Context().Done()
			return context.Cause(r.Context())
		})
		f.say(post(1, 1<<20))
		for range 20 {
			f.write(appendRecord(nil, typeStdin, 1, make([]byte, 30_000)))
		}
		f.say("ABORT_REQUEST 1")
		f.hear("END_REQUEST 1 REQUEST_COMPLETE 1")
	})
}

// TestNotWhole: a response that breaks off must not look whole.
func TestNotWhole(t *testing.T) {
	breaksOff := func(w protocol.ResponseWriter, r *protocol.Request) error {
		if r.Params.Get("REQUEST_URI") != "/1" {
			<-r.Context().Done()
			return nil
		}
		w.Header()["Content-Type"] = nil
		io.WriteString(w, "half of it")
		http.NewResponseController(w).Flush()
		return errors.New("no more")
	}
	t.Run("alone: what is no record, and no END_REQUEST", func(t *testing.T) {
		f := serve(t, Protocol{}, nil, breaksOff)
		f.say(get(1))
		f.hear(`STDOUT 1 "Status: 200 OK\r\n\r\nhalf of it"`)
		rest, err := io.ReadAll(f.nc)
		if rest = append(f.rest, rest...); err != nil || !bytes.Equal(rest, make([]byte, 8)) {
			t.Errorf("want eight zero bytes and the end, got %q, %v", rest, err)
		}
	})
	t.Run("in company: appStatus 1 and no end of STDOUT", func(t *testing.T) {
		f := serve(t, Protocol{}, nil, breaksOff)
		f.say(get(2), get(1))
		f.dialog(`
			< STDOUT 1 "Status: 200 OK\r\n\r\nhalf of it"
			< END_REQUEST 1 REQUEST_COMPLETE 1`)
		f.say("ABORT_REQUEST 2")
		f.hear("END_REQUEST 2 REQUEST_COMPLETE 1")
	})
	t.Run("http.ErrAbortHandler before output", func(t *testing.T) {
		f := serve(t, Protocol{}, nil, func(w protocol.ResponseWriter, r *protocol.Request) error { panic(http.ErrAbortHandler) })
		f.say(get(1))
		f.hear("END_REQUEST 1 REQUEST_COMPLETE 1")
	})
}

// TestEarlyAnswer: an answer that is given before the body was read arrives, by TCP, whose reset
// would destroy it.
func TestEarlyAnswer(t *testing.T) {
	for _, keep := range []bool{false, true} {
		ln, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		defer ln.Close()
		served := make(chan error, 1)
		go func() {
			nc, err := ln.Accept()
			if err == nil {
				loop := &protocol.Loop{Handler: protocol.HandlerFunc(func(w protocol.ResponseWriter, r *protocol.Request) error {
					w.WriteHeader(413)
					return nil
				})}
				err = loop.Serve(context.Background(), Protocol{}.NewConn(nc, nil))
			}
			served <- err
		}()
		nc, err := net.Dial("tcp", ln.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		nc.SetDeadline(time.Now().Add(patienceOfTests))
		f := &front{t: t, nc: nc}
		request := strings.Replace(post(1, 10<<20), " KEEP_CONN", "", 1)
		if keep {
			request = post(1, 10<<20)
		}
		f.say(request)
		f.sendBody(1, make([]byte, 10<<20))
		if out, _, end := f.answer(1); !strings.HasPrefix(out, "Status: 413") || end != "REQUEST_COMPLETE 0" {
			t.Errorf("keep = %v: %q, %s", keep, out, end)
		}
		if keep {
			f.say(get(2))
			f.answer(2)
		} else {
			f.hearEnd()
		}
		nc.Close()
		<-served
	}
}

// TestOneOfSeveralWithoutKeep: the connection takes no more, and closes when all have ended.
func TestOneOfSeveralWithoutKeep(t *testing.T) {
	turn := make(chan bool)
	f := serve(t, Protocol{RetryAfter: -1}, nil, func(w protocol.ResponseWriter, r *protocol.Request) error {
		if r.Params.Get("REQUEST_URI") == "/1" {
			<-turn
		}
		return hello(w, r)
	})
	f.say(get(1), strings.Replace(get(2), " KEEP_CONN", "", 1))
	f.answer(2)
	f.dialog(`
		> BEGIN_REQUEST 3 RESPONDER KEEP_CONN
		< END_REQUEST 3 OVERLOADED 0`)
	turn <- true
	f.answer(1)
	f.hearEnd()
}

// TestStderr has FCGI_STDERR: written at once, without control characters, closed at the end; an
// empty write is none.
func TestStderr(t *testing.T) {
	f := serve(t, Protocol{}, nil, func(w protocol.ResponseWriter, r *protocol.Request) error {
		e, _ := protocol.Stderr(w)
		e.Write(nil)
		io.WriteString(e, "a\tline\n")
		io.WriteString(e, "\x1b[31mred\r\x7f\x00")
		return hello(w, r)
	})
	f.say(get(1))
	f.dialog(`
		< STDERR 1 "a\tline\n"
		< STDERR 1 "\\x1b[31mred\\x0d\\x7f\\x00"
		< STDOUT 1 ` + head8 + `hello /1"
		< STDOUT 1 end
		< STDERR 1 end
		< END_REQUEST 1 REQUEST_COMPLETE 0`)
}

// TestEmptyWrites: an empty STDOUT record is the end, so nothing but the end may be one.
func TestEmptyWrites(t *testing.T) {
	f := serve(t, Protocol{}, nil, func(w protocol.ResponseWriter, r *protocol.Request) error {
		w.Header()["Content-Type"] = nil
		rc := http.NewResponseController(w)
		w.Write(nil)
		rc.Flush()
		w.Write(nil)
		rc.Flush()
		io.WriteString(w, "x")
		rc.Flush()
		return nil
	})
	f.say(get(1))
	f.dialog(`
		< STDOUT 1 "Status: 200 OK\r\n\r\n"
		< STDOUT 1 "x"
		< STDOUT 1 end
		< END_REQUEST 1 REQUEST_COMPLETE 0`)
}

// TestPaddingIsZero: what a peer gets between records holds nothing of anybody's.
func TestPaddingIsZero(t *testing.T) {
	f := serve(t, Protocol{}, nil, func(w protocol.ResponseWriter, r *protocol.Request) error {
		for n := range 70 {
			if _, err := w.Write([]byte(strings.Repeat("\xff", n*n*7))); err != nil {
				return err
			}
		}
		return nil
	})
	f.say("BEGIN_REQUEST 1 RESPONDER", "PARAMS 1 end", "STDIN 1 end")
	wire, err := io.ReadAll(f.nc)
	if err != nil {
		t.Fatal(err)
	}
	for len(wire) > 0 {
		h, content, n, err := consumeRecord(wire)
		if n == 0 || err != nil {
			t.Fatalf("%d bytes are no record: %v", len(wire), err)
		}
		pad := wire[headerLen+len(content) : n]
		if n%8 != 0 || wire[7] != 0 || strings.Trim(string(pad), "\x00") != "" || h.content > fullContent {
			t.Errorf("%v: %d bytes, reserved %d, padding % x", h, n, wire[7], pad)
		}
		wire = wire[n:]
	}
}

// TestLargeHead: a head larger than any buffer, and larger than a record.
func TestLargeHead(t *testing.T) {
	for _, size := range []int{16_000, 20_000, 65_000, 70_000, 200_000} {
		f := serve(t, Protocol{}, nil, func(w protocol.ResponseWriter, r *protocol.Request) error {
			w.Header().Set("X-Large", strings.Repeat("x", size))
			return hello(w, r)
		})
		f.say(get(1))
		out, _, _ := f.answer(1)
		if !strings.Contains(out, "\r\nX-Large: "+strings.Repeat("x", size)+"\r\n") || !strings.HasSuffix(out, "\r\n\r\nhello /1") {
			t.Errorf("%d: got %d bytes", size, len(out))
		}
	}
}

// TestClose has the ends that the server makes.
func TestClose(t *testing.T) {
	t.Run("CloseIdle of an idle connection", func(t *testing.T) {
		ours, theirs := sockets(t)
		defer theirs.Close()
		c := Protocol{}.NewConn(ours, nil)
		got := make(chan error, 1)
		go func() { _, _, err := c.Next(context.Background()); got <- err }()
		for !c.(protocol.Idler).CloseIdle() {
			runtime.Gosched() // until Next has begun to wait
		}
		if err := <-got; err != io.EOF {
			t.Error(err)
		}
		c.Close()
	})
	t.Run("CloseIdle of one that has a request", func(t *testing.T) {
		ours, theirs := sockets(t)
		f := &front{t: t, nc: theirs}
		c := Protocol{}.NewConn(ours, nil)
		f.say(get(1))
		_, enc, err := c.Next(context.Background())
		if err != nil {
			t.Fatal(err)
		}
		if c.(protocol.Idler).CloseIdle() {
			t.Error("closed, with a request open")
		}
		enc.Close(nil)
		f.answer(1)
		if !c.(protocol.Idler).CloseIdle() {
			t.Error("not closed")
		}
		if _, _, err := c.Next(context.Background()); err != io.EOF {
			t.Error(err)
		}
		c.Close()
		theirs.Close()
	})
	t.Run("Close aborts what is being served", func(t *testing.T) {
		ours, theirs := sockets(t)
		f := &front{t: t, nc: theirs}
		c := Protocol{}.NewConn(ours, nil)
		f.say(get(1))
		loop := &protocol.Loop{Handler: protocol.HandlerFunc(func(w protocol.ResponseWriter, r *protocol.Request) error {
			c.Close()
			<-r.Context().Done()
			return context.Cause(r.Context())
		})}
		loop.Serve(context.Background(), c)
		theirs.Close()
	})
}

// TestWebServerAddrs has FCGI_WEB_SERVER_ADDRS (section 3.2).
func TestWebServerAddrs(t *testing.T) {
	if addrs, err := ParseWebServerAddrs(""); addrs != nil || err != nil {
		t.Errorf("an empty value: %v, %v", addrs, err)
	}
	if _, err := ParseWebServerAddrs("127.0.0.1,localhost"); err == nil || err.Error() != `fastcgi: read FCGI_WEB_SERVER_ADDRS: malformed: "localhost" is not an IP address` {
		t.Error(err)
	}
	addrs, err := ParseWebServerAddrs("199.170.183.28, 127.0.0.1")
	if err != nil {
		t.Fatal(err)
	}
	rows := []struct {
		peer net.Addr
		want string
	}{
		{&net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 1}, ""},
		{&net.TCPAddr{IP: net.IPv4(127, 0, 0, 2), Port: 1}, "127.0.0.2 is not in FCGI_WEB_SERVER_ADDRS"},
		{&net.UnixAddr{Name: "@", Net: "unix"}, "FCGI_WEB_SERVER_ADDRS allows TCP only"},
		{nil, "FCGI_WEB_SERVER_ADDRS allows TCP only"},
	}
	for _, row := range rows {
		err := (&Protocol{WebServerAddrs: addrs}).admit(row.peer)
		if (err != nil) != (row.want != "") || err != nil && !strings.HasSuffix(err.Error(), row.want) {
			t.Errorf("%v: %v", row.peer, err)
		}
		if err := (&Protocol{}).admit(row.peer); err != nil {
			t.Errorf("%v, without the list: %v", row.peer, err)
		}
	}
	f := serve(t, Protocol{WebServerAddrs: addrs}, nil, hello)
	f.hearEnd()
	if err := f.wait(); err == nil || !strings.Contains(err.Error(), "allows TCP only") {
		t.Error(err)
	}
}
