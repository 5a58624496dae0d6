package upstream

import (
	"fmt"
	"time"
)

// A Policy says which backend gets the next request.
type Policy uint8

// The policies. The zero value is RoundRobin.
const (
	// RoundRobin gives each its share in turn, evenly mixed: of weights 2 and 1, A B A.
	RoundRobin Policy = iota
	// LeastConnections chooses the one with the fewest requests for its weight, and among equals by
	// RoundRobin.
	LeastConnections
)

var policyNames = [...]string{"round-robin", "least-connections"}

func (p Policy) String() string {
	if int(p) < len(policyNames) {
		return policyNames[p]
	}
	return "unknown policy"
}

// MarshalText implements [encoding.TextMarshaler].
func (p Policy) MarshalText() ([]byte, error) { return []byte(p.String()), nil }

// UnmarshalText implements [encoding.TextUnmarshaler]: "round-robin", "least-connections".
func (p *Policy) UnmarshalText(text []byte) error {
	for i, name := range policyNames {
		if name == string(text) {
			*p = Policy(i)
			return nil
		}
	}
	return fmt.Errorf("unknown policy %q: known are round-robin and least-connections", text)
}

// choose returns one of some, of which there is at least one. It may reorder them.
func (p Policy) choose(some []*member, now time.Time) *member {
	if p == LeastConnections {
		some = leastLoaded(some, now)
	}
	return nextInTurn(some, now)
}

// leastLoaded keeps those of some that have the fewest requests for their weight.
func leastLoaded(some []*member, now time.Time) []*member {
	least := some[:0]
	for _, m := range some {
		if len(least) > 0 {
			load, best := float64(m.active)*least[0].weight(now), float64(least[0].active)*m.weight(now)
			if load > best {
				continue
			}
			if load < best {
				least = least[:0]
			}
		}
		least = append(least, m)
	}
	return least
}

// nextInTurn is the smooth weighted round robin of nginx: each gains its weight, and the one that
// has gained most is chosen and pays the sum of the weights.
func nextInTurn(some []*member, now time.Time) (chosen *member) {
	sum := 0.0
	for _, m := range some {
		w := m.weight(now)
		m.current += w
		sum += w
		if chosen == nil || m.current > chosen.current {
			chosen = m
		}
	}
	chosen.current -= sum
	return chosen
}
