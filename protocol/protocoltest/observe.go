package protocoltest

import (
	"encoding/json"
	"errors"
	"os"
	"time"

	"github.com/postern-gateway/postern/protocol"
)

// A report is what a server has told of a request that is done.
type report struct {
	Status        int
	Read, Sent    int64
	Backend       string
	Err           string // empty: none
	Aborted       bool
	Began         time.Time
	Took          time.Duration
	Method, Front string // of the request
}

func reportOf(r *protocol.Request, s protocol.Summary) report {
	out := report{Status: s.Status, Read: s.BodyRead, Sent: s.BodySent, Backend: s.Backend, Began: s.Began, Took: s.Took,
		Aborted: errors.Is(s.Err, protocol.ErrAborted), Method: r.Method(), Front: r.Protocol}
	if s.Err != nil {
		out.Err = s.Err.Error()
	}
	return out
}

// Observe returns what a child process that serves one request of the case of that name sets as its
// Program's Observe. It is nil where the case does not look at that.
func Observe(name string) func(*protocol.Request, protocol.Summary) {
	for i := range cases {
		if cases[i].name == name && cases[i].observed {
			return func(r *protocol.Request, s protocol.Summary) {
				text, err := json.Marshal(reportOf(r, s))
				if err != nil {
					panic(err)
				}
				callTo(os.Getenv("HTTP_X_LINE")).say(string(text))
			}
		}
	}
	return nil
}

// observe is the Observe of a server that is in our process.
func (x *trial) observe(r *protocol.Request, s protocol.Summary) { x.reports <- reportOf(r, s) }

// report waits for what the server tells of the next request that is done.
func (x *trial) report() (got report) {
	x.Helper()
	if x.pair.Processes {
		text := x.answer().hear()
		if err := json.Unmarshal([]byte(text), &got); err != nil {
			x.Fatalf("%q: %v", text, err)
		}
		return got
	}
	select {
	case got = <-x.reports:
	case <-time.After(patience):
		x.Fatalf("nothing was told of the request\n%s", x.log)
	}
	return got
}
