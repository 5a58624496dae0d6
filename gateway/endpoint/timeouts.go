package endpoint

import (
	"time"

	"github.com/postern-gateway/postern/internal/units"
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
		d, ok, err := e.duration(timeouts[i])
		if err != nil {
			return nil, err
		}
		if ok {
			*field = d
		}
		if ok && d <= 0 {
			*field = -1
		}
	}
	return &lim, nil
}

// duration returns an option's value, and whether it is there. The word none is 0.
func (e *Endpoint) duration(name string) (d time.Duration, ok bool, err error) {
	_, ok = e.last(name)
	d, err = optionValue(e, name, 0, func(text string) (time.Duration, error) { return units.Limit(text, 0, units.ParseDuration) })
	return d, ok && err == nil, err
}
