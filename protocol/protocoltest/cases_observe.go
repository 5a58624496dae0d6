package protocoltest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/postern-gateway/postern/protocol"
)

// observations are what handlers do, by name, and what is told of it.
var observations = []struct {
	name    string
	method  string // empty: POST, with the body
	body    string
	times   int // of body, 0 for once
	handler protocol.HandlerFunc
	status  int
	read    int64
	sent    int64 // -1: as much as the client got
	err     string
}{
	{name: "answers", body: "abc", handler: echoes, status: 200, read: 3, sent: 3},
	{name: "large", body: "0123456789", times: 100000, handler: echoes, status: 200, read: 1e6, sent: 1e6},
	{name: "copies", body: "0123456789", times: 30000, status: 200, read: 3e5, sent: 3e5, handler: func(w protocol.ResponseWriter, r *protocol.Request) error {
		http.NewResponseController(w).Flush() // what follows is copied by the encoder
		_, err := io.Copy(w, r.Body)
		return err
	}},
	{name: "head", method: "HEAD", handler: hello, status: 200},
	{name: "no-content", method: "GET", status: 204, handler: func(w protocol.ResponseWriter, r *protocol.Request) error {
		w.WriteHeader(204)
		return nil
	}},
	{name: "status", method: "GET", status: 404, sent: -1, handler: func(w protocol.ResponseWriter, r *protocol.Request) error {
		http.Error(w, "none here", 404)
		return nil
	}},
	{name: "fails", method: "GET", status: 500, sent: -1, err: "it failed", handler: func(w protocol.ResponseWriter, r *protocol.Request) error {
		io.WriteString(w, "half of it") // which is taken back
		return errors.New("it failed")
	}},
	{name: "panics", method: "GET", status: 500, sent: -1, err: "handler panicked: it panicked", handler: func(w protocol.ResponseWriter, r *protocol.Request) error {
		panic("it panicked")
	}},
	{name: "fails-late", method: "GET", status: 200, sent: 10, err: "it failed", handler: func(w protocol.ResponseWriter, r *protocol.Request) error {
		io.WriteString(w, "half of it")
		http.NewResponseController(w).Flush()
		return errors.New("it failed")
	}},
	{name: "writes-too-little", method: "GET", status: 200, sent: 4, err: "protocol: the handler wrote 4 of 10 bytes that it declared",
		handler: func(w protocol.ResponseWriter, r *protocol.Request) error {
			w.Header().Set("Content-Length", "10")
			io.WriteString(w, "four")
			return http.NewResponseController(w).Flush()
		}},
	{name: "refuses", method: "GET", status: 503, sent: -1, err: "test: upstream", handler: func(w protocol.ResponseWriter, r *protocol.Request) error {
		return &protocol.Error{Op: "test", Kind: protocol.ErrUpstream, Status: 503}
	}},
	{name: "aborts", method: "GET", sent: -1, err: "net/http: abort Handler", handler: func(w protocol.ResponseWriter, r *protocol.Request) error {
		return http.ErrAbortHandler
	}},
}

func echoes(w protocol.ResponseWriter, r *protocol.Request) error {
	_, err := io.Copy(w, r.Body)
	return err
}

func hello(w protocol.ResponseWriter, r *protocol.Request) error {
	_, err := io.WriteString(w, "hello")
	return err
}

// observedCases are a case for each of observations.
func observedCases() (list []testCase) {
	for _, o := range observations {
		list = append(list, testCase{
			name:     "observe-" + o.name,
			want:     "Of each request is told once what came of it: the status, the bytes both ways, the time, the error.",
			handler:  o.handler,
			observed: true,
			check: func(x *trial) {
				for range 2 {
					r := x.post(strings.Repeat(o.body, max(o.times, 1)))
					if o.method != "" {
						r = x.request(o.method, "/")
					}
					began := time.Now()
					got := x.end(r)
					told := x.report()
					if told.Began.Before(began.Add(-time.Millisecond)) || told.Took < 0 || told.Took > time.Since(began)+time.Millisecond {
						x.Errorf("it took %v from %v on, by the client's clock at most %v from %v on", told.Took, told.Began, time.Since(began), began)
					}
					want := report{Status: o.status, Read: o.read, Sent: o.sent, Err: o.err, Method: r.Method(), Front: told.Front, Began: told.Began, Took: told.Took}
					if x.pair.Chain {
						want.Backend = Behind
					}
					if x.pair.Chain && o.err != "" {
						// the error page may be the gateway's own
						want.Status, want.Sent, want.Err = told.Status, told.Sent, told.Err
					}
					if want.Sent < 0 {
						want.Sent = int64(len(got.body))
					}
					if told != want {
						x.Errorf("told %+v\nwant %+v", told, want)
					}
					if got.err == nil && got.status != told.Status {
						x.Errorf("the client got %d, and %d is told", got.status, told.Status)
					}
				}
			},
		})
	}
	return list
}

// Behind is the Name that a chain's gateway.Proxy is to have.
const Behind = "behind"

var observeCases = append(observedCases(),
	testCase{
		name:     "observe-backend",
		want:     "SetBackend names the backend by the request's context, and by each that derives from it; the last call counts.",
		observed: true,
		handler: web(func(w http.ResponseWriter, r *http.Request) {
			protocol.SetBackend(context.Background(), "nobody's")
			protocol.SetBackend(r.Context(), "the first")
			served := protocol.RequestFromContext(r.Context())
			derived, cancel := context.WithCancel(served.Clone(r.Context()).Context())
			defer cancel()
			protocol.SetBackend(derived, "the second")
		}),
		check: func(x *trial) {
			x.status(x.get(), 200)
			want := "the second"
			if x.pair.Chain {
				want = Behind
			}
			if told := x.report(); told.Backend != want {
				x.Errorf("told %+v, want the backend %q", told, want)
			}
		},
	},
	testCase{
		name:     "observe-too-large",
		want:     "A request that is refused before any handler sees it is told of as well, with the status that it was answered with.",
		observed: true,
		handler:  protocol.HandlerFunc(hello),
		limits:   &protocol.Limits{Body: 10},
		check: func(x *trial) {
			x.status(x.end(x.post(strings.Repeat("x", 11))), 413)
			if told := x.report(); told.Status != 413 || told.Read != 0 || told.Method != "POST" || told.Err == "" {
				x.Errorf("told %+v, want 413", told)
			}
		},
	},
	testCase{
		name:     "observe-too-many-variables",
		want:     "So is one whose head is refused, of which only what is known is told.",
		observed: true,
		handler:  protocol.HandlerFunc(hello),
		limits:   &protocol.Limits{ParamCount: 100},
		check: func(x *trial) {
			var more []string
			for i := range 120 {
				more = append(more, fmt.Sprint("HTTP_X_", i), "value")
			}
			got := x.end(x.request("GET", "/", more...))
			if told := x.report(); got.err != nil || told.Status != got.status {
				x.Errorf("got %d %v, told %+v", got.status, got.err, told)
			}
		},
	},
	testCase{
		name:     "observe-no-method",
		want:     "So is one without a REQUEST_METHOD, where a client sends it.",
		observed: true,
		handler:  protocol.HandlerFunc(hello),
		check: func(x *trial) {
			r := x.request("", "/")
			r.Params = r.Params[:0:0]
			r.Params = append(r.Params, protocol.Pairs("HTTP_X_LINE", x.lines.Addr().String(), "HTTP_X_CASE", x.name)...)
			res, err := x.try(r)
			if err != nil {
				x.Logf("not sent: %v", err)
				return
			}
			x.status(finish(res), 400)
			if told := x.report(); told.Status != 400 || told.Err == "" {
				x.Errorf("told %+v, want 400", told)
			}
		},
	},
	testCase{
		name:     "observe-gone",
		want:     "So is one whose client leaves before it is answered: its error is an ErrAborted.",
		observed: true,
		handler: failing(func(w protocol.ResponseWriter, r *protocol.Request) error {
			l := call(r)
			l.say("here")
			<-r.Context().Done()
			l.hangUp()
			return context.Cause(r.Context())
		}),
		wires: true, why: dies,
		check: func(x *trial) {
			ctx, cancel := context.WithCancel(context.Background())
			ended := make(chan struct{})
			go func() {
				defer close(ended)
				x.tryWithin(ctx, cancel, x.request("GET", "/"))
			}()
			x.hears(x.answer(), "here")
			cancel()
			<-ended
			if told := x.report(); !told.Aborted && !strings.Contains(told.Err, "context canceled") {
				x.Errorf("told %+v, want an aborted one", told)
			}
		},
		else_: func(x *trial) {},
	},
	testCase{
		name:     "observe-upgrade",
		want:     "A request that switches protocols is told of when its handler has returned, with status 101.",
		observed: true,
		handler:  upgrading(false),
		needs:    Hijack, why: noHijack,
		check: func(x *trial) {
			upgraded(x)
			if told := x.report(); told.Status != 101 || told.Sent != 0 || told.Err != "" {
				x.Errorf("told %+v, want 101", told)
			}
		},
		else_: func(x *trial) {
			notUpgraded(x)
			if told := x.report(); told.Status < 500 {
				x.Errorf("told %+v, want a failure", told)
			}
		},
	},
)
