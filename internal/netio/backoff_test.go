package netio

import (
	"errors"
	"net"
	"os"
	"syscall"
	"testing"
	"testing/synctest"
	"time"
)

// A shortage is waited for 100 ms at most, and no longer than it lasts. In this test time is
// virtual.
func TestBackoff(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var b Backoff
		waits := func(freed, ended <-chan struct{}) time.Duration {
			began := time.Now()
			b.Wait(freed, ended)
			return time.Since(began)
		}
		for _, want := range []time.Duration{5, 10, 20, 40, 80, 100, 100} {
			if got := waits(nil, nil); got != want*time.Millisecond {
				t.Errorf("waited for %v, want %d ms", got, want)
			}
		}
		over := make(chan struct{})
		time.AfterFunc(time.Millisecond, func() { close(over) })
		if freed, ended := waits(over, nil), waits(nil, over); freed != time.Millisecond || ended != 0 {
			t.Errorf("waited for %v beyond the shortage, %v beyond the end", freed, ended)
		}
		b.Reset()
		if got := waits(nil, nil); got != firstWait {
			t.Errorf("after a success: %v", got)
		}
	})
}

func TestAcceptMayGoOn(t *testing.T) {
	for err, want := range map[error]bool{
		&net.OpError{Op: "accept", Err: os.NewSyscallError("accept4", syscall.EMFILE)}: true,
		syscall.ENOBUFS:         true,
		os.ErrDeadlineExceeded:  true, // it calls itself temporary
		net.ErrClosed:           false,
		errors.New("no reason"): false,
	} {
		if got := AcceptMayGoOn(err); got != want {
			t.Errorf("%v: %t", err, got)
		}
	}
}
