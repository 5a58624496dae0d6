package fastcgi

import (
	"bytes"
	"io"
	"log/slog"
	"net"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/postern-gateway/postern/protocol"
)

// TestSharedBodies: the bodies of requests that share a connection come by way of memory alone
// where their handlers read, and a handler that does not read holds up the others once, for a
// moment. In these tests time is virtual.
func TestSharedBodies(t *testing.T) {
	t.Run("both are read", func(t *testing.T) { synctest.Test(t, bothRead) })
	t.Run("one is not", func(t *testing.T) { synctest.Test(t, oneUnread) })
}

// sharing serves by h a front on a connection in memory, with what its connection may hold.
func sharing(t *testing.T, lim *protocol.Limits, h protocol.HandlerFunc) (f *front, end func()) {
	ours, theirs := net.Pipe()
	loop := &protocol.Loop{Handler: h, Limits: lim, Log: slog.New(slog.DiscardHandler)}
	done := make(chan error, 1)
	go func() { done <- loop.Serve(t.Context(), Protocol{}.NewConn(ours, lim)) }()
	go io.Copy(io.Discard, theirs)
	return &front{t: t, nc: theirs}, func() {
		theirs.Close()
		<-done
	}
}

func bothRead(t *testing.T) {
	const piece, pieces = 20_000, 50
	body := randomBytes(piece * pieces)
	var read sync.WaitGroup
	read.Add(2)
	lim := &protocol.Limits{Budget: new(protocol.Budget), Spool: 1} // a temporary file would fail
	f, end := sharing(t, lim, func(w protocol.ResponseWriter, r *protocol.Request) error {
		defer read.Done()
		if got, err := io.ReadAll(r.Body); err != nil || !bytes.Equal(got, body) {
			t.Errorf("read %d bytes, %v", len(got), err)
		}
		return nil
	})
	f.say(post(1, len(body)), post(2, len(body)))
	synctest.Wait() // both are served, and the leader reads
	for at := 0; at < len(body); at += piece {
		for id := uint16(1); id <= 2; id++ {
			f.write(appendRecord(nil, typeStdin, id, body[at:at+piece]))
		}
	}
	f.say("STDIN 1 end", "STDIN 2 end")
	read.Wait()
	end()
	if mem := lim.Budget.HoldMemory(0); mem != 0 {
		t.Errorf("%d bytes are held in the end", mem)
	}
}

func oneUnread(t *testing.T) {
	const size = 500_000
	served := make(chan time.Time, 1)
	lim := &protocol.Limits{Budget: new(protocol.Budget)}
	f, end := sharing(t, lim, func(w protocol.ResponseWriter, r *protocol.Request) error {
		if r.ContentLength == size {
			<-r.Context().Done()
			return nil
		}
		_, err := io.ReadAll(r.Body)
		served <- time.Now()
		return err
	})
	f.say(post(1, size), post(2, 5))
	synctest.Wait()
	began := time.Now()
	for range 10 {
		f.write(appendRecord(nil, typeStdin, 1, make([]byte, size/10)))
	}
	f.say(`STDIN 2 "hello"`, "STDIN 2 end")
	if waited := (<-served).Sub(began); waited != sharedGraceTime {
		t.Errorf("the other request was held up for %v", waited)
	}
	end()
}
