package cgi

import "time"

// A Run is what one run of a script came to.
type Run struct {
	Script string // its file
	// bytes of the environment and, as far as CONTENT_LENGTH tells, of the body
	Sent     int64
	Received int64         // bytes of standard output
	Took     time.Duration // from the start to the response's end
}

// observe tells Client.Observe of p, whose response has ended.
func (p *process) observe() {
	if p.c.Observe == nil {
		return
	}
	p.c.Observe(Run{Script: p.path, Sent: p.sent, Received: p.received.Load(), Took: time.Since(p.began)})
}
