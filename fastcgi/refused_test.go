package fastcgi

import (
	"fmt"
	"testing"

	"github.com/postern-gateway/postern/protocol"
)

// TestTellsWhatItRefuses: a request that the connection answers by itself is told of as well.
func TestTellsWhatItRefuses(t *testing.T) {
	for _, row := range []struct {
		p    Protocol
		want string
	}{
		{Protocol{}, "503 fastcgi: read BEGIN_REQUEST: too large: OVERLOADED"},
		{Protocol{RetryAfter: -1}, "0 fastcgi: read BEGIN_REQUEST: too large: OVERLOADED"},
	} {
		told, turns := make(chan string, 10), make(chan bool)
		f := serveLoop(t, row.p, &protocol.Loop{
			Limits: &protocol.Limits{Requests: 2},
			Handler: protocol.HandlerFunc(func(w protocol.ResponseWriter, r *protocol.Request) error {
				r.Context().Done() // has somebody read meanwhile
				<-turns
				return hello(w, r)
			}),
			Observe: func(r *protocol.Request, s protocol.Summary) { told <- fmt.Sprint(s.Status, " ", s.Err) },
		})
		f.say(get(1), get(2), get(3))
		if got := <-told; got != row.want {
			t.Errorf("told %s, want %s", got, row.want)
		}
		for range 2 {
			turns <- true
			if got := <-told; got != "200 <nil>" {
				t.Errorf("told %s of a request that was served", got)
			}
		}
		f.say("BEGIN_REQUEST 4 ROLE_9")
		if got, want := <-told, "0 fastcgi: read BEGIN_REQUEST: unsupported: UNKNOWN_ROLE"; got != want {
			t.Errorf("told %s, want %s", got, want)
		}
		f.nc.Close()
		f.wait()
		if len(told) > 0 {
			t.Errorf("told once more: %s", <-told)
		}
	}
}
