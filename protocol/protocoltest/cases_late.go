package protocoltest

import (
	"fmt"
	"io"
	"net/http"
	"strings"

	"github.com/postern-gateway/postern/protocol"
)

var lateCases = []testCase{
	{
		name: "late-writes",
		want: "A goroutine that goes on writing after its handler has returned is told so, and not a byte of it reaches any answer.",
		handler: native(func(w protocol.ResponseWriter, r *protocol.Request) {
			l := call(r)
			ready := make(chan struct{})
			go func() {
				defer l.hangUp()
				l.hear()
				close(ready)
				for range 100 {
					w.Header().Set("X-Late", "late")
					w.WriteHeader(500)
					io.WriteString(w, "LATE")
					w.(http.Flusher).Flush()
				}
				l.hear() // the handler has returned, and others have been served
				_, err := io.WriteString(w, "LATE")
				w.(http.Flusher).Flush()
				l.say(fmt.Sprint(err != nil, http.NewResponseController(w).Flush() != nil))
			}()
			if r.Params.Get("HTTP_X_OVERLAP") == "" {
				io.WriteString(w, "in time")
				return
			}
			l.say("in handler")
			<-ready
		}),
		outlives: true, why: dies,
		check: func(x *trial) {
			for range 5 {
				x.whole(x.get(), 200, "in time")
				l := x.answer()
				l.say("write")
				got := x.get()
				x.whole(got, 200, "in time")
				x.field(got, "X-Late")
				x.answer().hangUp()
				l.say("again")
				x.hears(l, "true true")
			}
		},
		else_: func(x *trial) {
			x.whole(x.get(), 200, "in time")
			x.answer()
		},
	},
	{
		name: "late-read",
		want: "A goroutine that waits for the body when its handler returns is woken with an error; the answer does not wait for it.",
		handler: native(func(w protocol.ResponseWriter, r *protocol.Request) {
			l := call(r)
			reading := make(chan struct{})
			go func() {
				defer l.hangUp()
				b := make([]byte, 1000)
				r.Body.Read(b[:1])
				close(reading)
				_, err := io.ReadFull(r.Body, b)
				l.say(fmt.Sprint(err != nil, " ", err != io.EOF))
			}()
			<-reading
			io.WriteString(w, "answered")
		}),
		outlives: true, why: dies,
		check: func(x *trial) {
			for range 3 {
				said, say := io.Pipe()
				ended := make(chan result, 1)
				go func() { ended <- x.end(x.send(said, 100000)) }()
				io.WriteString(say, strings.Repeat("first", 100)[:500])
				if x.pair.has(Duplex) {
					x.hears(x.answer(), "true true")
				} else {
					x.answer()
				}
				say.CloseWithError(io.ErrUnexpectedEOF)
				if got := <-ended; got.err == nil {
					x.whole(got, 200, "answered")
				}
			}
		},
		else_: func(x *trial) {
			x.whole(x.do(x.post("first")), 200, "answered")
			x.answer()
		},
	},
	{
		name: "late-header",
		want: "A handler's header map is its own again once it has returned: changing it races with nothing.",
		handler: native(func(w protocol.ResponseWriter, r *protocol.Request) {
			l, h := call(r), w.Header()
			h["X-Mine"] = []string{"1", "2"}
			go func() {
				defer l.hangUp()
				l.hear()
				for i := range 100 {
					h["X-Mine"][0] = itoa(i)
					h.Set("X-Late", itoa(i))
				}
				l.say("done")
			}()
			io.WriteString(w, "answered")
		}),
		outlives: true, why: dies,
		check: func(x *trial) {
			for range 5 {
				got := x.get()
				x.field(got, "X-Mine", "1", "2")
				x.field(got, "X-Late")
				l := x.answer()
				l.say("change")
				x.get()
				x.answer().hangUp()
				x.hears(l, "done")
			}
		},
		else_: func(x *trial) {
			x.field(x.get(), "X-Mine", "1", "2")
			x.answer()
		},
	},
}
