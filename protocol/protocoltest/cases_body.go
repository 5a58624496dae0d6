package protocoltest

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"

	"github.com/postern-gateway/postern/protocol"
)

// ignoring answers 413 without a look at the body.
var ignoring = native(func(w protocol.ResponseWriter, r *protocol.Request) {
	w.WriteHeader(413)
	io.WriteString(w, "not read")
})

var bodyCases = []testCase{
	{
		name:    "body-of-every-size",
		want:    "Bodies a byte around every buffer's size arrive whole.",
		handler: echoing,
		check: func(x *trial) {
			for _, n := range []int{0, 1, 2, 4095, 4096, 4097, 16383, 16384, 16385, 65534, 65535, 65536, 65537, 300000} {
				body := strings.Repeat("0123456789", n/10+1)[:n]
				x.whole(x.do(x.post(body)), 200, itoa(n)+":"+body)
			}
		},
	},
	{
		name: "body-in-small-reads",
		want: "A handler that reads one byte at a time reads the same body, and then io.EOF again and again.",
		handler: failing(func(w protocol.ResponseWriter, r *protocol.Request) error {
			var b strings.Builder
			if _, err := io.CopyBuffer(onlyWriter{&b}, onlyReader{r.Body}, make([]byte, 1)); err != nil {
				return err
			}
			_, again := r.Body.Read(make([]byte, 1))
			fmt.Fprint(w, b.String(), " ", text(again))
			return nil
		}),
		check: func(x *trial) {
			body := strings.Repeat("small reads ", 500)
			x.whole(x.do(x.post(body)), 200, body+" EOF")
		},
	},
	{
		name: "body-of-unknown-length",
		want: "A client that does not know its body's length sends all of it, and the handler reads all of it.",
		handler: failing(func(w protocol.ResponseWriter, r *protocol.Request) error {
			b, err := io.ReadAll(r.Body)
			if err == nil && r.ContentLength != -1 && r.ContentLength != int64(len(b)) {
				err = fmt.Errorf("%d declared, %d read", r.ContentLength, len(b))
			}
			w.Write(b)
			return err
		}),
		check: func(x *trial) {
			for _, n := range []int{0, 1, 5000, 200000} {
				body := strings.Repeat("u", n)
				x.whole(x.do(x.send(onlyReader{strings.NewReader(body)}, -1)), 200, body)
			}
		},
	},
	{
		name:    "body-ignored",
		want:    "An answer given without a look at a small body is whole, and so is the next one.",
		handler: ignoring,
		check: func(x *trial) {
			for range 5 {
				x.whole(x.do(x.post(strings.Repeat("ignored", 100))), 413, "not read")
			}
		},
	},
	{
		name:    "body-ignored-large",
		want:    "An answer given without a look at a body of 10 MB reaches the client whole, and so does the next one: RFC 9112 section 9.6.",
		handler: ignoring,
		check: func(x *trial) {
			for range 2 {
				got := x.end(x.send(io.LimitReader(new(pattern), 10<<20), 10<<20))
				if !x.lost(got) {
					x.whole(got, 413, "not read")
				}
			}
			x.whole(x.do(x.post("small")), 413, "not read")
		},
	},
	{
		name: "body-half-read",
		want: "A handler may stop in the middle of a body; the rest is not taken for the next request.",
		handler: failing(func(w protocol.ResponseWriter, r *protocol.Request) error {
			b := make([]byte, 5)
			_, err := io.ReadFull(r.Body, b)
			w.Write(b)
			return err
		}),
		check: func(x *trial) {
			for i := range 5 {
				body := fmt.Sprintf("<%03d>", i) + strings.Repeat("GET / HTTP/1.1\r\n\r\n", 3000)
				x.whole(x.do(x.post(body)), 200, body[:5])
			}
		},
	},
	{
		name: "body-closed",
		want: "A body that the handler has closed cannot be read any more: http.ErrBodyReadAfterClose.",
		handler: web(func(w http.ResponseWriter, r *http.Request) {
			r.Body.Close()
			_, err := r.Body.Read(make([]byte, 1))
			fmt.Fprint(w, text(err))
		}),
		check: func(x *trial) { x.whole(x.do(x.post("body")), 200, http.ErrBodyReadAfterClose.Error()) },
	},
	{
		name: "body-beyond-limit",
		want: "A body that is declared beyond the limit answers 413, and the log alone names both figures; the handler is not called.",
		handler: native(func(w protocol.ResponseWriter, r *protocol.Request) {
			io.WriteString(w, "called")
		}),
		limits: &protocol.Limits{Body: 1000},
		check: func(x *trial) {
			x.whole(x.do(x.post(strings.Repeat("b", 1000))), 200, "called")
			got := x.do(x.post(strings.Repeat("b", 1001)))
			x.status(got, 413)
			if !x.pair.Chain && got.body != "413 Request Entity Too Large\n" {
				x.Errorf("the page is %q", got.body)
			}
			if !x.log.await("1001 > 1000 bytes") {
				x.Errorf("the log does not name the figures")
			}
		},
	},
	{
		name: "body-beyond-limit-unknown",
		want: "A body of unknown length beyond the limit is an ErrTooLarge when it is read, and 413.",
		handler: failing(func(w protocol.ResponseWriter, r *protocol.Request) error {
			_, err := io.Copy(io.Discard, r.Body)
			if err != nil && !errors.Is(err, protocol.ErrTooLarge) {
				return fmt.Errorf("not the limit's: %v", err)
			}
			return err
		}),
		limits: &protocol.Limits{Body: 1000},
		check: func(x *trial) {
			x.status(x.do(x.send(onlyReader{strings.NewReader(strings.Repeat("b", 1000))}, -1)), 200)
			x.status(x.do(x.send(onlyReader{strings.NewReader(strings.Repeat("b", 50000))}, -1)), 413)
		},
	},
}

var lengthCases = []testCase{
	{
		name: "request-shorter",
		want: "A body that ends before its declared length reads as io.ErrUnexpectedEOF, never as io.EOF, and the client's exchange fails.",
		handler: failing(func(w protocol.ResponseWriter, r *protocol.Request) error {
			l := call(r)
			defer l.hangUp()
			n, err := io.Copy(io.Discard, r.Body)
			l.say(fmt.Sprint(n < 100000, " ", err != nil && !errors.Is(err, io.EOF)))
			return err
		}),
		check: func(x *trial) {
			r := x.send(strings.NewReader(strings.Repeat("s", 60000)), 100000)
			if got := x.end(r); got.err == nil && got.status < 400 {
				x.Errorf("the client got %d, whole", got.status)
			}
			if !x.pair.Processes && !x.pair.Chain { // which may end before the handler has begun
				x.hears(x.answer(), "true true")
			}
		},
	},
	{
		name:    "request-shorter-small",
		want:    "A small body that ends before its declared length is never answered as if it were whole.",
		handler: echoing,
		check: func(x *trial) {
			if got := x.end(x.send(strings.NewReader("short"), 500)); got.err == nil && got.status < 400 {
				x.Errorf("the client got %d %q, whole", got.status, got.body)
			}
		},
	},
	{
		name:    "request-longer",
		want:    "What a body holds beyond its declared length reaches no handler, and is not taken for a next request.",
		handler: echoing,
		check: func(x *trial) {
			for _, n := range []int64{0, 5, 70000} {
				got := x.end(x.send(strings.NewReader(strings.Repeat("l", int(n)+3000)), n))
				if want := fmt.Sprint(n, ":", strings.Repeat("l", int(n))); got.err == nil && got.status == 200 && got.body != want {
					x.Errorf("the handler read %.50q", got.body)
				}
				x.whole(x.do(x.post("next")), 200, "4:next")
			}
		},
	},
	{
		name: "response-shorter",
		want: "A response that ends before its declared length is known not to be whole, small and large.",
		handler: native(func(w protocol.ResponseWriter, r *protocol.Request) {
			n := number(r, "HTTP_X_SIZE")
			w.Header().Set("Content-Length", itoa(n+1))
			io.CopyN(w, new(pattern), int64(n))
		}),
		check: func(x *trial) {
			for _, n := range []int{1, 100, 100000} {
				x.cut(x.end(x.request("GET", "/", "HTTP_X_SIZE", itoa(n))))
			}
		},
	},
	{
		name: "response-longer",
		want: "What a handler writes beyond its declared length is refused with http.ErrContentLength, and none of it is sent.",
		handler: native(func(w protocol.ResponseWriter, r *protocol.Request) {
			l := call(r)
			defer l.hangUp()
			w.Header().Set("Content-Length", "5")
			io.WriteString(w, "12345")
			_, err := io.WriteString(w, "678")
			l.say(text(err))
		}),
		check: func(x *trial) {
			for range 2 {
				got := x.get()
				x.whole(got, 200, "12345")
				x.field(got, "Content-Length", "5")
				x.hears(x.answer(), http.ErrContentLength.Error())
			}
		},
	},
	{
		name: "response-longer-at-once",
		want: "A single write beyond the declared length sends nothing of it, and the response is known not to be whole.",
		handler: native(func(w protocol.ResponseWriter, r *protocol.Request) {
			w.Header().Set("Content-Length", "5")
			io.WriteString(w, "12345678")
		}),
		check: func(x *trial) { x.cut(x.end(x.request("GET", "/"))) },
	},
	{
		name: "response-declared",
		want: "A response of its declared length is whole, with that length.",
		handler: native(func(w protocol.ResponseWriter, r *protocol.Request) {
			w.Header().Set("Content-Length", "300000")
			io.CopyN(w, new(pattern), 300000)
		}),
		check: func(x *trial) {
			res := x.open(x.request("GET", "/"))
			if err := compare(res.Body, 300000); err != nil || res.Header.Get("Content-Length") != "300000" {
				x.Errorf("%v %v", err, res.Header)
			}
		},
	},
}

var spoolCases = []testCase{
	{
		name: "answer-before-body",
		want: "A handler that writes 200 KB before it reads a body of 12 MB gets all of that body (DESIGN.md, decision 8).",
		handler: failing(func(w protocol.ResponseWriter, r *protocol.Request) error {
			if _, err := io.CopyN(w, new(pattern), 200<<10); err != nil {
				return err
			}
			if err := compare(r.Body, 12<<20); err != nil {
				return err
			}
			_, err := io.WriteString(w, "all of it")
			return err
		}),
		check: func(x *trial) {
			res := x.open(x.send(io.LimitReader(new(pattern), 12<<20), 12<<20))
			if err := compare(io.LimitReader(res.Body, 200<<10), 200<<10); err != nil {
				x.Error(err)
			}
			x.whole(finish(res), 200, "all of it")
		},
	},
	{
		name: "flush-before-body",
		want: "A flush before the body was read takes the body in first, and loses none of it.",
		handler: failing(func(w protocol.ResponseWriter, r *protocol.Request) error {
			io.WriteString(w, "first ")
			w.(http.Flusher).Flush()
			b, err := io.ReadAll(r.Body)
			w.Write(b)
			return err
		}),
		check: func(x *trial) {
			for range 3 {
				x.whole(x.do(x.post("then the body")), 200, "first then the body")
			}
		},
	},
	{
		name: "flush-amid-body",
		want: "Writing and reading by turns in large pieces loses nothing of either.",
		handler: failing(func(w protocol.ResponseWriter, r *protocol.Request) error {
			_, err := io.CopyBuffer(onlyWriter{w}, onlyReader{r.Body}, make([]byte, 10000))
			return err
		}),
		check: func(x *trial) {
			res := x.open(x.send(io.LimitReader(new(pattern), 3<<20), 3<<20))
			if err := compare(res.Body, 3<<20); err != nil {
				x.Error(err)
			}
		},
	},
	{
		name:   "spool-beyond-limit",
		want:   "A body that is too large to be taken in before the answer says so when it is read, after what was taken in; it is never cut silently.",
		limits: &protocol.Limits{SpoolMemory: 1000, Spool: 100000},
		handler: failing(func(w protocol.ResponseWriter, r *protocol.Request) error {
			l := call(r)
			defer l.hangUp()
			w.(http.Flusher).Flush()
			_, err := io.Copy(io.Discard, r.Body)
			l.say(fmt.Sprint(errors.Is(err, protocol.ErrTooLarge)))
			return err
		}),
		check: func(x *trial) {
			got := x.end(x.send(io.LimitReader(new(pattern), 3<<20), 3<<20))
			x.hears(x.answer(), "true")
			x.cutIfSeen(got)
		},
	},
}
