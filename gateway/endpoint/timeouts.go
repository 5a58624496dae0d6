package endpoint

import (
	"time"

	"github.com/postern-gateway/postern/protocol"
)

// timeouts are the options that every client has which calls over a network.
var timeouts = []string{"first-byte-timeout", "read-timeout"}

// limits returns the client's limits with the timeouts that the URL gives: 0 or less is none.
func (e *Endpoint) limits(o *ClientOptions) (*protocol.Limits, error) {
	var lim protocol.Limits
	if o.Limits != nil {
		lim = *o.Limits
	}
	for i, field := range []*time.Duration{&lim.FirstByteTimeout, &lim.ReadTimeout} {
		text, ok := e.last(timeouts[i])
		if !ok {
			continue
		}
		d, err := time.ParseDuration(text)
		if err != nil {
			return nil, e.errorf("bad %s %q: write a duration such as 30s", timeouts[i], text)
		}
		if *field = d; d <= 0 {
			*field = -1
		}
	}
	return &lim, nil
}
