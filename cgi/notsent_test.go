package cgi

import (
	"errors"
	"testing"

	"github.com/postern-gateway/postern/protocol"
)

// A script that was started may have done something: NotSent says nothing of it, nor of one that it
// has led to.
func TestSent(t *testing.T) {
	for name, script := range map[string]string{
		"it ends without an answer":          "exit 1",
		"its head is none":                   "echo what is this; echo",
		"it leads to what cannot be started": `chmod 644 "$0"; printf 'Location: /again\n\n'`,
	} {
		b := newBench(t)
		b.c.LocalRedirects = true
		b.sh(script)
		res := b.do(get("/"))
		if e, ok := errors.AsType[*protocol.Error](res.Err); !ok || e.NotSent {
			t.Errorf("%s: %#v", name, res.Err)
		}
	}
}
