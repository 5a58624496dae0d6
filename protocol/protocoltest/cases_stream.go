package protocoltest

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"time"

	"github.com/postern-gateway/postern/protocol"
)

// read reads n bytes of a response while it is still being written.
func (x *trial) read(r io.Reader, want string) {
	x.Helper()
	b := make([]byte, len(want))
	if n, err := io.ReadFull(r, b); err != nil || string(b) != want {
		x.Fatalf("read %q, %v; want %q\n%s", b[:n], err, want, x.log)
	}
}

var streamCases = []testCase{
	{
		name: "flush-seen",
		want: "What was written before a Flush is seen by the client while the handler still runs.",
		handler: native(func(w protocol.ResponseWriter, r *protocol.Request) {
			l := call(r)
			defer l.hangUp()
			io.WriteString(w, "first")
			w.(http.Flusher).Flush()
			l.hear()
			io.WriteString(w, "second")
		}),
		check: func(x *trial) {
			res := x.open(x.request("GET", "/"))
			l := x.answer()
			x.read(res.Body, "first")
			l.say("seen")
			x.whole(finish(res), 200, "second")
		},
	},
	{
		name: "flush-head",
		want: "A Flush before any body sends the head at once.",
		handler: native(func(w protocol.ResponseWriter, r *protocol.Request) {
			l := call(r)
			defer l.hangUp()
			w.Header().Set("X-Early", "yes")
			w.WriteHeader(202)
			w.(http.Flusher).Flush()
			l.hear()
			io.WriteString(w, "late")
		}),
		check: func(x *trial) {
			res := x.open(x.request("GET", "/"))
			l := x.answer()
			if res.Status != 202 || res.Header.Get("X-Early") != "yes" {
				x.Errorf("%d %v", res.Status, res.Header)
			}
			l.say("seen")
			x.whole(finish(res), 202, "late")
		},
	},
	{
		name: "flush-each-line",
		want: "Server-sent events arrive one by one, each as soon as it was flushed.",
		handler: web(func(w http.ResponseWriter, r *http.Request) {
			l := callTo(r.Header.Get("X-Line"))
			defer l.hangUp()
			w.Header().Set("Content-Type", "text/event-stream")
			for i := range 20 {
				fmt.Fprintf(w, "data: %d\n\n", i)
				if err := http.NewResponseController(w).Flush(); err != nil {
					panic(err)
				}
				if l.hear() == "" {
					return
				}
			}
		}),
		check: func(x *trial) {
			res := x.open(x.request("GET", "/"))
			l := x.answer()
			for i := range 20 {
				x.read(res.Body, fmt.Sprintf("data: %d\n\n", i))
				l.say("next")
			}
			x.whole(finish(res), 200, "")
		},
	},
	{
		name: "flush-after-64k",
		want: "A response far beyond every buffer goes on being seen flush by flush.",
		handler: native(func(w protocol.ResponseWriter, r *protocol.Request) {
			l := call(r)
			defer l.hangUp()
			for range 3 {
				io.WriteString(w, strings.Repeat("x", 100000))
				w.(http.Flusher).Flush()
				l.hear()
			}
		}),
		check: func(x *trial) {
			res := x.open(x.request("GET", "/"))
			l := x.answer()
			for range 3 {
				x.read(res.Body, strings.Repeat("x", 100000))
				l.say("next")
			}
			x.whole(finish(res), 200, "")
		},
	},
	{
		name: "full-duplex",
		want: "With full duplex client and handler talk by turns within one exchange.",
		handler: failing(func(w protocol.ResponseWriter, r *protocol.Request) error {
			c := http.NewResponseController(w)
			if err := c.EnableFullDuplex(); err != nil {
				return &protocol.Error{Op: "talk", Kind: protocol.ErrUnsupported, Err: err}
			}
			in := bufio.NewReader(r.Body)
			for {
				s, err := in.ReadString('\n')
				if err != nil {
					return nil
				}
				io.WriteString(w, "you said "+s)
				c.Flush()
			}
		}),
		needs: Duplex, why: "the server or a front in between reads a request whole before it answers",
		check: talking,
		else_: func(x *trial) {
			if got := x.do(x.post("hello\n")); got.status != 501 && got.body != "you said hello\n" {
				x.Errorf("%d %q", got.status, got.body)
			}
		},
	},
	{
		name: "full-duplex-one-way-front",
		want: "Behind a front that sends no more once it is answered, full duplex is http.ErrNotSupported, and the body is taken in as ever.",
		handler: failing(func(w protocol.ResponseWriter, r *protocol.Request) error {
			err := http.NewResponseController(w).EnableFullDuplex()
			io.WriteString(w, fmt.Sprint(errors.Is(err, http.ErrNotSupported), " "))
			w.(http.Flusher).Flush()
			_, err = io.Copy(w, r.Body)
			return err
		}),
		needs: Duplex | Variables, why: httpAlone + ": SERVER_SOFTWARE is our own",
		check: func(x *trial) {
			for _, front := range []string{"nginx/1.22.1", "Apache/2.4.71 (Debian)", "Caddy/v2.6.2"} {
				x.whole(x.do(x.post("body", "SERVER_SOFTWARE", front)), 200, "true body")
			}
		},
		else_: func(x *trial) {
			if got := x.do(x.post("body")); got.body != "false body" && got.body != "true body" {
				x.Errorf("%d %q", got.status, got.body)
			}
		},
	},
}

// talking talks by turns. The body is more than a client may want to have before it sends the head.
func talking(x *trial) {
	said, say := io.Pipe()
	defer say.Close()
	lines := make([]string, 20)
	total := 0
	for i := range lines {
		lines[i] = fmt.Sprintf("%d %s\n", i, strings.Repeat("word ", 500+i))
		total += len(lines[i])
	}
	first := make(chan struct{})
	go func() {
		defer close(first)
		io.WriteString(say, lines[0])
	}()
	res := x.open(x.send(said, int64(total)))
	for i, text := range lines {
		x.read(res.Body, "you said "+text)
		if i == 0 {
			<-first
		}
		if i+1 < len(lines) {
			io.WriteString(say, lines[i+1])
		}
	}
	say.Close()
	x.whole(finish(res), 200, "")
}

var controlCases = []testCase{
	{
		name: "response-controller",
		want: "An http.Handler finds flushing and deadlines by http.ResponseController, as over HTTP.",
		handler: web(func(w http.ResponseWriter, r *http.Request) {
			c := http.NewResponseController(w)
			far := time.Now().Add(time.Hour)
			set := errors.Join(c.SetReadDeadline(far), c.SetWriteDeadline(far), c.SetReadDeadline(time.Time{}), c.SetWriteDeadline(time.Time{}))
			if r.Header.Get("X-Wrapped") != "" {
				w = wrapped{w}
				set = errors.Join(set, http.NewResponseController(w).Flush())
			}
			b, err := io.ReadAll(r.Body)
			fmt.Fprintf(w, "%v %s %v", err, b, onlyUnsupported(set))
		}),
		check: func(x *trial) {
			x.whole(x.do(x.post("body")), 200, "<nil> body true")
			x.whole(x.do(x.post("body", "HTTP_X_WRAPPED", "yes")), 200, "<nil> body true")
			x.whole(x.do(x.post("next")), 200, "<nil> next true")
		},
	},
	{
		name: "read-deadline",
		want: "A read deadline ends a read that waits for the body, and the handler still answers; where there is none, setting it says so.",
		handler: native(func(w protocol.ResponseWriter, r *protocol.Request) {
			l := call(r)
			defer l.hangUp()
			if err := http.NewResponseController(w).SetReadDeadline(time.Now().Add(20 * time.Millisecond)); err != nil {
				l.say(fmt.Sprint(errors.Is(err, http.ErrNotSupported)))
				return
			}
			_, err := io.Copy(io.Discard, r.Body)
			l.say(fmt.Sprint(errors.Is(err, os.ErrDeadlineExceeded)))
			w.WriteHeader(408)
		}),
		check: func(x *trial) {
			said, say := io.Pipe()
			result := make(chan result, 1)
			go func() { result <- x.end(x.send(said, 100000)) }()
			l := x.answer()
			io.WriteString(say, strings.Repeat("s", 50000))
			x.hears(l, "true")
			say.Close() // only now: the body had not ended
			if got := <-result; got.err == nil && got.status != 408 && got.status != 200 {
				x.Errorf("%d %q", got.status, got.body)
			}
		},
	},
	{
		name: "interfaces",
		want: "The writer is a Flusher, a StringWriter and a ReaderFrom, as net/http's is.",
		handler: web(func(w http.ResponseWriter, r *http.Request) {
			_, flusher := w.(http.Flusher)
			_, stringWriter := w.(io.StringWriter)
			_, readerFrom := w.(io.ReaderFrom)
			fmt.Fprint(w, flusher, stringWriter, readerFrom)
		}),
		check: func(x *trial) { x.whole(x.get(), 200, "true true true") },
	},
	{
		name: "time-out-handler",
		want: "http.TimeoutHandler answers 503 while the handler that is too slow still runs, and its late writes harm nothing.",
		handler: protocol.FromHTTP(http.TimeoutHandler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.Header.Get("X-Slow") == "" {
				io.WriteString(w, "quick")
				return
			}
			<-r.Context().Done()
			io.WriteString(w, "late")
		}), time.Second/4, "too slow")),
		check: func(x *trial) {
			x.whole(x.do(x.request("GET", "/", "HTTP_X_SLOW", "1")), 503, "too slow")
			for range 3 {
				if got := x.get(); got.status != 503 { // a machine under load may be slow
					x.whole(got, 200, "quick")
				}
			}
		},
	},
}

// wrapped is a middleware's writer that ResponseController must see through.
type wrapped struct{ http.ResponseWriter }

func (w wrapped) Unwrap() http.ResponseWriter { return w.ResponseWriter }

func onlyUnsupported(err error) bool { return err == nil || errors.Is(err, http.ErrNotSupported) }
