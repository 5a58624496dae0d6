package protocoltest

import (
	"io"
	"net/http"
	"strconv"

	"github.com/postern-gateway/postern/protocol"
)

// answering is a handler that answers with status and says so in the body.
func answering(status int) protocol.Handler {
	return native(func(w protocol.ResponseWriter, r *protocol.Request) {
		w.WriteHeader(status)
		io.WriteString(w, "answered")
	})
}

var statusCases = []testCase{
	{
		name:    "implicit-200",
		want:    "A body without WriteHeader answers 200.",
		handler: native(func(w protocol.ResponseWriter, r *protocol.Request) { io.WriteString(w, "hello, world\n") }),
		check:   func(x *trial) { x.whole(x.get(), 200, "hello, world\n") },
	},
	{
		name:    "nothing-written",
		want:    "A handler that does nothing at all answers 200 with an empty body of length 0.",
		handler: native(func(w protocol.ResponseWriter, r *protocol.Request) {}),
		check: func(x *trial) {
			got := x.get()
			x.whole(got, 200, "")
			x.field(got, "Content-Length", "0")
		},
	},
	{
		name:    "status-404",
		want:    "The status that the handler sets is the one that the client sees, with its body.",
		handler: answering(404),
		check:   func(x *trial) { x.whole(x.get(), 404, "answered") },
	},
	{
		name:    "status-500",
		want:    "A 500 of the handler's own keeps its body.",
		handler: answering(500),
		check:   func(x *trial) { x.whole(x.get(), 500, "answered") },
	},
	{
		name:    "status-799",
		want:    "A status that nobody has assigned passes as it is.",
		handler: answering(799),
		check:   func(x *trial) { x.whole(x.get(), 799, "answered") },
	},
	{
		name: "status-299-reason",
		want: "A status that nobody has assigned has the reason phrase that the handler gives it, on the wire and nowhere else; a known one, or another's, has not.",
		handler: native(func(w protocol.ResponseWriter, r *protocol.Request) {
			status, _ := strconv.Atoi(r.Params.Get("HTTP_X_STATUS"))
			w.Header().Set("Status", "299 Mostly Fine")
			w.WriteHeader(status)
			io.WriteString(w, "answered")
		}),
		check: func(x *trial) {
			for status, want := range map[string][]string{"299": {"299 Mostly Fine"}, "298": nil, "200": nil} {
				got := x.do(x.request("GET", "/", "HTTP_X_STATUS", status))
				n, _ := strconv.Atoi(status)
				x.whole(got, n, "answered")
				if !x.pair.has(NoReason) {
					x.field(got, "Status", want...)
				}
			}
		},
	},
	{
		name:    "status-99",
		want:    "A status below 100 panics in the handler, as in net/http, and answers 500.",
		handler: answering(99),
		check:   func(x *trial) { x.status(x.get(), 500) },
	},
	{
		name:    "status-1000",
		want:    "A status above 999 panics in the handler, as in net/http, and answers 500.",
		handler: answering(1000),
		check:   func(x *trial) { x.status(x.get(), 500) },
	},
	{
		name: "second-status",
		want: "Only the first WriteHeader counts.",
		handler: native(func(w protocol.ResponseWriter, r *protocol.Request) {
			w.WriteHeader(201)
			w.WriteHeader(500)
			io.WriteString(w, "made")
		}),
		check: func(x *trial) { x.whole(x.get(), 201, "made") },
	},
	{
		name: "status-after-body",
		want: "A WriteHeader after the first byte of the body changes nothing.",
		handler: native(func(w protocol.ResponseWriter, r *protocol.Request) {
			io.WriteString(w, "body")
			w.WriteHeader(404)
		}),
		check: func(x *trial) { x.whole(x.get(), 200, "body") },
	},
	{
		name: "redirect",
		want: "A redirect keeps its status and its Location; no protocol takes it for one of its own.",
		handler: native(func(w protocol.ResponseWriter, r *protocol.Request) {
			w.Header().Set("Location", "/elsewhere?a=b")
			w.WriteHeader(303)
		}),
		check: func(x *trial) {
			got := x.get()
			x.whole(got, 303, "")
			x.field(got, "Location", "/elsewhere?a=b")
		},
	},
	{
		name: "location-with-201",
		want: "A Location beside another status is no redirect.",
		handler: native(func(w protocol.ResponseWriter, r *protocol.Request) {
			w.Header().Set("Location", "/made/7")
			w.WriteHeader(201)
		}),
		check: func(x *trial) { x.whole(x.get(), 201, "") },
	},
	{
		name: "informational",
		want: "A 103 before the answer never becomes the answer: it goes ahead where the protocol carries it, else nowhere.",
		handler: native(func(w protocol.ResponseWriter, r *protocol.Request) {
			w.Header().Set("Link", "</style.css>; rel=preload")
			w.WriteHeader(http.StatusEarlyHints)
			w.WriteHeader(http.StatusContinue)
			w.Header().Set("X-Final", "yes")
			w.WriteHeader(202)
			io.WriteString(w, "final")
		}),
		check: func(x *trial) {
			got := x.get()
			x.whole(got, 202, "final")
			x.field(got, "X-Final", "yes")
		},
	},
	{
		name:    "switching-without-hijack",
		want:    "WriteHeader(101) without a Hijack is the handler's mistake, and answers 500.",
		handler: native(func(w protocol.ResponseWriter, r *protocol.Request) { w.WriteHeader(101) }),
		check:   func(x *trial) { x.status(x.get(), 500) },
	},
}

var bodilessCases = []testCase{
	{
		name: "status-204",
		want: "A 204 has no body and no Content-Length; writing one is http.ErrBodyNotAllowed, and harms nothing.",
		handler: native(func(w protocol.ResponseWriter, r *protocol.Request) {
			l := call(r)
			defer l.hangUp()
			w.Header().Set("Content-Length", "5")
			w.WriteHeader(204)
			_, err := io.WriteString(w, "never")
			l.say(text(err))
		}),
		check: func(x *trial) {
			got := x.get()
			x.whole(got, 204, "")
			x.field(got, "Content-Length")
			x.field(got, "Content-Type")
			x.hears(x.answer(), http.ErrBodyNotAllowed.Error())
		},
	},
	{
		name: "status-304",
		want: "A 304 has no body, and keeps the validators, and tells no length but what a 200 would have had.",
		handler: native(func(w protocol.ResponseWriter, r *protocol.Request) {
			l := call(r)
			defer l.hangUp()
			w.Header().Set("Etag", `"v1"`)
			w.Header().Set("Content-Length", "5")
			w.WriteHeader(304)
			_, err := io.WriteString(w, "never")
			l.say(text(err))
		}),
		check: func(x *trial) {
			got := x.get()
			x.whole(got, 304, "")
			x.field(got, "Etag", `"v1"`)
			// net/http leaves it out, as RFC 9110 section 8.6 allows
			if n := got.header.Get("Content-Length"); n != "5" && n != "" {
				x.Errorf("Content-Length is %q", n)
			}
			x.hears(x.answer(), http.ErrBodyNotAllowed.Error())
		},
	},
	{
		name: "head",
		want: "HEAD gets the head of a GET, Content-Length and Content-Type among it, and no body.",
		handler: native(func(w protocol.ResponseWriter, r *protocol.Request) {
			w.Header().Set("X-Method", r.Method())
			io.WriteString(w, "hello, world\n")
		}),
		check: func(x *trial) {
			got := x.do(x.request("HEAD", "/"))
			x.whole(got, 200, "")
			x.field(got, "X-Method", "HEAD")
			x.field(got, "Content-Length", "13")
			x.field(got, "Content-Type", "text/plain; charset=utf-8")
		},
	},
	{
		name: "head-large",
		want: "A handler that writes a megabyte to a HEAD sends none of it, and the next request is answered.",
		handler: native(func(w protocol.ResponseWriter, r *protocol.Request) {
			w.Header().Set("Content-Length", "1048576")
			io.CopyN(w, new(pattern), 1<<20)
		}),
		check: func(x *trial) {
			for range 3 {
				got := x.do(x.request("HEAD", "/"))
				x.whole(got, 200, "")
				x.field(got, "Content-Length", "1048576")
			}
		},
	},
	{
		name: "head-declared",
		want: "A handler that answers a HEAD with a Content-Length and writes nothing has answered in full.",
		handler: native(func(w protocol.ResponseWriter, r *protocol.Request) {
			w.Header().Set("Content-Length", "70000")
			w.WriteHeader(200)
		}),
		check: func(x *trial) {
			got := x.do(x.request("HEAD", "/"))
			x.whole(got, 200, "")
			x.field(got, "Content-Length", "70000")
		},
	},
	{
		name: "bodiless-then-next",
		want: "Answers without a body do not shift the answers that follow them.",
		handler: native(func(w protocol.ResponseWriter, r *protocol.Request) {
			switch r.Params.Get("PATH_INFO") {
			case "/204":
				w.WriteHeader(204)
			case "/304":
				w.WriteHeader(304)
			}
			io.WriteString(w, "body of "+r.Params.Get("PATH_INFO"))
		}),
		check: func(x *trial) {
			for range 3 {
				x.whole(x.do(x.request("GET", "/204")), 204, "")
				x.whole(x.do(x.request("HEAD", "/head")), 200, "")
				x.whole(x.do(x.request("GET", "/304")), 304, "")
				x.whole(x.do(x.request("GET", "/200")), 200, "body of /200")
			}
		},
	},
}
