package protocol

import (
	"errors"
	"net/http"
	"os"
	"sync"
	"testing"
	"time"
)

// A fullEncoder takes nothing until a write deadline is set.
type fullEncoder struct {
	record
	once    sync.Once
	waits   chan struct{} // closed when a Write waits
	expired chan struct{}
}

func (e *fullEncoder) Write([]byte) (int, error) {
	close(e.waits)
	<-e.expired
	return 0, os.ErrDeadlineExceeded
}

func (e *fullEncoder) SetWriteDeadline(time.Time) error {
	e.once.Do(func() { close(e.expired) })
	return nil
}

// A write deadline that is set while a Write waits ends that: bug, the two waited for each other,
// and the Write for as long as the peer took nothing.
func TestWriteDeadlineWhileAWriteWaits(t *testing.T) {
	e := &fullEncoder{waits: make(chan struct{}), expired: make(chan struct{})}
	written := make(chan error, 1)
	go serveOn(t, func(w ResponseWriter, r *Request) error {
		go func() {
			<-e.waits
			if err := http.NewResponseController(w).SetWriteDeadline(time.Unix(1, 0)); err != nil {
				t.Error(err)
			}
		}()
		_, err := w.Write(make([]byte, 2*prefixSize))
		written <- err
		return err
	}, &script{steps: []step{{r: get(), enc: e}}})
	if err := receive(t, written); !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Error(err)
	}
}
