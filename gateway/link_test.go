package gateway

import (
	"context"
	"errors"
	"testing"
)

// A link ends with the front's request and for causes of its own, whether it was asked before or
// after, and once parted only for its own.
func TestLink(t *testing.T) {
	gone, slow := errors.New("gone"), errors.New("slow")
	for _, row := range []struct {
		name  string
		do    func(l *backendContext, leave func())
		cause error
	}{
		{"nothing has happened", func(*backendContext, func()) {}, nil},
		{"the client has gone", func(_ *backendContext, leave func()) { leave() }, gone},
		{"ended by itself", func(l *backendContext, _ func()) { l.end(slow) }, slow},
		{"the first cause stays", func(l *backendContext, leave func()) { l.end(slow); leave(); l.end(gone) }, slow},
		{"parted before the client has gone", func(l *backendContext, leave func()) { l.part(); leave() }, nil},
		{"parted, then ended by itself", func(l *backendContext, leave func()) { l.part(); leave(); l.end(slow) }, slow},
	} {
		for _, asked := range []string{"before", "after"} {
			t.Run(row.name+", asked "+asked, func(t *testing.T) {
				front, cancel := context.WithCancelCause(context.Background())
				l := &backendContext{front: front}
				var derived context.Context
				var end context.CancelFunc
				if asked == "before" {
					derived, end = context.WithCancel(l)
				}
				row.do(l, func() { cancel(gone) })
				if asked == "after" {
					if ended := l.Err() != nil; ended != (row.cause != nil) {
						t.Errorf("before anybody asks: Err = %v", l.Err())
					}
					derived, end = context.WithCancel(l)
				}
				defer end()
				if row.cause == nil {
					if err := derived.Err(); err != nil || context.Cause(l) != nil {
						t.Fatalf("ended: %v, cause %v", err, context.Cause(l))
					}
					return
				}
				<-derived.Done()
				if got := context.Cause(derived); got != row.cause {
					t.Errorf("the derived one's cause is %v, want %v", got, row.cause)
				}
				if got := context.Cause(l); got != row.cause || l.Err() != context.Canceled {
					t.Errorf("its cause is %v and Err %v, want %v", got, l.Err(), row.cause)
				}
			})
		}
	}
}
