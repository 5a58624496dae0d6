package upstream_test

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/postern-gateway/postern/gateway/upstream"
	"github.com/postern-gateway/postern/protocol"
)

// A backend is to wait for room where the request can go nowhere else, and there alone.
func TestPatience(t *testing.T) {
	errNoRoom := &protocol.Error{Op: "connect", Kind: protocol.ErrUpstream, NotSent: true, Status: http.StatusServiceUnavailable, Err: errors.New("no room")}
	for _, row := range []struct {
		name     string
		b        *upstream.Balancer
		backends string // a name's first letter: b for a backup, d for drained, f for full
		data     bool
		want     string // those that were asked; a ! says that one was to wait
	}{
		{name: "one", backends: "A", want: "A!"},
		{name: "the last of three", backends: "A B C", want: "A B C!"},
		{name: "a backup", backends: "A bB", want: "A bB!"},
		{name: "another is drained", backends: "A dB", want: "A!"},
		{name: "another has as many as it may", backends: "fB A", want: "A!"},
		{name: "the last try", b: &upstream.Balancer{MaxTries: 2}, backends: "A B C", want: "A B!"},
		{name: "the only try", b: &upstream.Balancer{MaxTries: 1}, backends: "A B", want: "A!"},
		{name: "the time for another is over", b: &upstream.Balancer{RetryTimeout: time.Nanosecond}, backends: "A B", want: "A!"},
		{name: "what cannot be had again", backends: "A B", data: true, want: "A!"},
	} {
		t.Run(row.name, func(t *testing.T) {
			if row.b == nil {
				row.b = new(upstream.Balancer)
			}
			b := balancer(t, row.b)
			var asked []string
			filling := true
			for _, name := range strings.Fields(row.backends) {
				be := upstream.Backend{Name: name, Backup: name[0] == 'b'}
				be.Client = client(func(ctx context.Context, r *protocol.Request) (*protocol.Response, error) {
					if filling {
						return says(name)(ctx, r)
					}
					if protocol.IsPatient(ctx) {
						name += "!"
					}
					asked = append(asked, name)
					return nil, errNoRoom
				})
				if name[0] == 'f' {
					be.MaxConns = 1
				}
				balancer(t, b, be)
				if name[0] == 'f' {
					hold(t, b)
				}
				if name[0] == 'd' {
					b.Drain(name)
				}
			}
			filling = false
			r := request("POST")
			if row.data {
				r.Data = strings.NewReader("data")
			}
			if got := askFor(t, b, r); !strings.Contains(got, "no room") {
				t.Errorf("got %s", got)
			}
			if got := strings.Join(asked, " "); got != row.want {
				t.Errorf("asked %s, want %s", got, row.want)
			}
		})
	}
}
