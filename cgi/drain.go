package cgi

import (
	"io"
	"os"
	"time"
)

// drainTime is how long a script that has answered goes on taking what is left of its body.
const drainTime = 30 * time.Second

// drain takes what is left of a body that comes by a socket, as mod_cgid's does: to close a socket
// with bytes unread is a reset, and would take the answer with it. A pipe has no such trouble.
func drain(stdin io.Reader) {
	f, ok := stdin.(*os.File)
	if !ok {
		return
	}
	if info, err := f.Stat(); err != nil || info.Mode()&os.ModeSocket == 0 {
		return
	}
	done := make(chan struct{})
	go func() { // the process ends with it, at the latest
		defer close(done)
		_, _ = io.Copy(io.Discard, f)
	}()
	timer := time.NewTimer(drainTime)
	defer timer.Stop()
	select {
	case <-done:
	case <-timer.C:
	}
}
