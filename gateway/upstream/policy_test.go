package upstream_test

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/postern-gateway/postern/gateway/upstream"
)

func TestPolicies(t *testing.T) {
	for _, row := range []struct {
		name    string
		policy  upstream.Policy
		weights []int
		held    bool // no response's body is closed
		want    string
	}{
		{name: "in turn", weights: []int{0, 0, 0}, want: "A B C A B C"},
		{name: "as nginx mixes 5, 1 and 1", weights: []int{5, 1, 1}, want: "A A B A C A A A A B A C A A"},
		{name: "weights, whatever they have", weights: []int{2, 1}, held: true, want: "A B A A B A"},
		{name: "idle ones in turn", policy: upstream.LeastConnections, weights: []int{1, 1, 1}, want: "A B C A B C"},
		{name: "idle ones by weight", policy: upstream.LeastConnections, weights: []int{2, 1}, want: "A B A A B A"},
		{name: "the least for its weight", policy: upstream.LeastConnections, weights: []int{3, 1}, held: true, want: "A B A A A B A A"},
	} {
		t.Run(row.name, func(t *testing.T) {
			b := balancer(t, &upstream.Balancer{Policy: row.policy})
			for i, weight := range row.weights {
				balancer(t, b, upstream.Backend{Name: string(rune('A' + i)), Weight: weight})
			}
			var got []string
			for range strings.Fields(row.want) {
				name, body := hold(t, b)
				if got = append(got, name); !row.held {
					body.Close()
				}
			}
			if got := strings.Join(got, " "); got != row.want {
				t.Errorf("got  %s\nwant %s", got, row.want)
			}
		})
	}
}

// What has fewer requests is chosen, also if it is not its turn.
func TestLeastConnectionsSeesEnds(t *testing.T) {
	b := balancer(t, &upstream.Balancer{Policy: upstream.LeastConnections}, upstream.Backend{Name: "A"}, upstream.Backend{Name: "B"})
	hold(t, b)              // A
	_, second := hold(t, b) // B
	second.Close()
	if got := asks(t, b, 3); got != "B B B" {
		t.Error(got)
	}
}

// A backend that comes back gets a tenth of its share, and then more.
func TestSlowStart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := balancer(t, new(upstream.Balancer), upstream.Backend{Name: "A", SlowStart: 100 * time.Second}, upstream.Backend{Name: "B"})
		share := func() int { return strings.Count(asks(t, b, 110), "A") }
		if got := share(); got != 55 {
			t.Errorf("a backend that is added has %d of 110 requests, want 55", got)
		}
		b.Drain("A")
		b.Resume("A")
		for _, row := range []struct{ after, want int }{{0, 10}, {5, 10}, {50, 37}, {90, 52}, {100, 55}, {500, 55}} {
			until := time.Now().Add(time.Duration(row.after) * time.Second)
			b.Drain("A")
			b.Resume("A")
			<-time.After(time.Until(until))
			if got := share(); got < row.want-1 || got > row.want+1 {
				t.Errorf("after %d s it has %d of 110 requests, want %d", row.after, got, row.want)
			}
		}
	})
}

func TestPolicyText(t *testing.T) {
	for _, p := range []upstream.Policy{upstream.RoundRobin, upstream.LeastConnections} {
		text, err := p.MarshalText()
		var again upstream.Policy
		if err == nil {
			err = again.UnmarshalText(text)
		}
		if err != nil || again != p {
			t.Errorf("%s: %v, %v", text, again, err)
		}
	}
	var p upstream.Policy
	if err := p.UnmarshalText([]byte("random")); err == nil || !strings.Contains(err.Error(), "least-connections") {
		t.Error(err)
	}
}
