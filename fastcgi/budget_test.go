package fastcgi

import (
	"bytes"
	"errors"
	"io"
	"log/slog"
	"net"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/postern-gateway/postern/internal/netio"
	"github.com/postern-gateway/postern/protocol"
)

// A gate counts the handlers that are in it, until they are let go.
type gate struct {
	inside, most atomic.Int64
	entered      chan bool
	open         chan bool
}

func newGate() *gate { return &gate{entered: make(chan bool, 1000), open: make(chan bool, 1000)} }

func (g *gate) serve(w protocol.ResponseWriter, r *protocol.Request) error {
	n := g.inside.Add(1)
	defer g.inside.Add(-1)
	for m := g.most.Load(); n > m && !g.most.CompareAndSwap(m, n); m = g.most.Load() {
	}
	g.entered <- true
	<-g.open
	return hello(w, r)
}

// atOnce is how many handlers of one connection the defaults allow.
const atOnce = protocol.DefaultConnMemory / 8 * 3 / handlerCost

// TestHandlersWaitTheirTurn: of 64 requests on one connection as many are served at once as there
// is memory for, and all in the end.
func TestHandlersWaitTheirTurn(t *testing.T) {
	const n = 64
	g := newGate()
	f := serve(t, Protocol{}, nil, g.serve)
	for id := 1; id <= n; id++ {
		f.say(get(id))
	}
	for range atOnce {
		<-g.entered
	}
	f.say("GET_VALUES 0") // the connection is read meanwhile
	f.hear("GET_VALUES_RESULT 0")
	for range n {
		g.open <- true
	}
	if _, ends := f.answers(n); len(ends) != n {
		t.Errorf("%d of %d answers", len(ends), n)
	}
	if m := g.most.Load(); m != atOnce {
		t.Errorf("%d handlers at once, want %d", m, atOnce)
	}
}

// TestAbortOfOneThatWaits: a request that waits its turn is taken back without a handler.
func TestAbortOfOneThatWaits(t *testing.T) {
	g := newGate()
	f := serve(t, Protocol{}, nil, g.serve)
	for id := 1; id <= atOnce+2; id++ {
		f.say(get(id))
	}
	for range atOnce {
		<-g.entered
	}
	last := strconv.Itoa(atOnce + 2)
	f.say("ABORT_REQUEST " + last)
	f.hear("END_REQUEST " + last + " REQUEST_COMPLETE 1")
	for range atOnce + 1 {
		g.open <- true
	}
	f.answers(atOnce + 1)
	if n := len(g.entered); n != 1 {
		t.Errorf("%d handlers more, want 1", n)
	}
}

// TestWaitingRequestsOfAPeerThatHasGone: its end lets no more handlers run than there may be.
func TestWaitingRequestsOfAPeerThatHasGone(t *testing.T) {
	const n = 64
	g := newGate()
	total := new(protocol.Budget)
	f := serve(t, Protocol{}, &protocol.Limits{Budget: total}, g.serve)
	for id := 1; id <= n; id++ {
		f.say(get(id))
	}
	for range atOnce {
		<-g.entered
	}
	f.nc.Close()
	for range n {
		g.open <- true
	}
	f.wait()
	if m := g.most.Load(); m != atOnce {
		t.Errorf("%d handlers at once, want %d", m, atOnce)
	}
	if m := total.HoldMemory(0); m != 0 {
		t.Errorf("%d bytes are still counted", m)
	}
}

// TestTotalMemory: where all connections together hold too much, a connection has one request, with
// few variables.
func TestTotalMemory(t *testing.T) {
	lim := &protocol.Limits{Budget: new(protocol.Budget), TotalMemory: 1}
	g := newGate()
	f := serve(t, Protocol{RetryAfter: -1}, lim, g.serve)
	f.say(get(1))
	<-g.entered
	f.say(get(2))
	f.hear("END_REQUEST 2 OVERLOADED 0")
	g.open <- true
	f.answer(1)
	large := strings.Repeat("x", netio.BufferSize)
	f.say("BEGIN_REQUEST 3 RESPONDER KEEP_CONN", `PARAMS 3 HTTP_COOKIE="`+large+`"`, "PARAMS 3 end")
	if out, _, _ := f.answer(3); !strings.HasPrefix(out, "Status: 503 ") {
		t.Errorf("answered %q", out)
	}
}

// TestTotalMemoryWait: where there is room for requests, but for one handler only, they wait their
// turn.
func TestTotalMemoryWait(t *testing.T) {
	const n = 8
	lim := &protocol.Limits{Budget: new(protocol.Budget), TotalMemory: handlerCost + n*2*streamCost}
	g := newGate()
	f := serve(t, Protocol{}, lim, g.serve)
	for id := 1; id <= n; id++ {
		f.say(get(id))
	}
	for range n {
		<-g.entered
		g.open <- true
	}
	f.answers(n)
	if m := g.most.Load(); m > 2 {
		t.Errorf("%d handlers at once", m)
	}
}

// unread has two requests whose bodies nobody reads until read is closed, and returns what reading
// them gave.
func unread(t *testing.T, lim *protocol.Limits, size int) (f *front, read func(), errs chan error) {
	open := make(chan bool)
	read = sync.OnceFunc(func() { close(open) })
	t.Cleanup(read)
	errs = make(chan error, 2)
	f = serve(t, Protocol{}, lim, func(w protocol.ResponseWriter, r *protocol.Request) error {
		<-open
		_, err := io.Copy(io.Discard, r.Body)
		errs <- err
		return err
	})
	f.say(post(1, size), post(2, size))
	f.sendBody(1, make([]byte, size))
	f.sendBody(2, make([]byte, size))
	f.say("GET_VALUES 0")
	f.hear("GET_VALUES_RESULT 0") // all has been read
	return f, read, errs
}

// TestSpoolBudget: bodies that nobody reads fail alone where temporary files hold too much, and
// with 503.
func TestSpoolBudget(t *testing.T) {
	const size = 1 << 20
	for _, row := range []struct {
		name, want string
		lim        protocol.Limits
	}{
		{"bytes of a connection", " bytes of the connection", protocol.Limits{ConnSpool: size + size/2}},
		{"files of a connection", "2 > 1 temporary files of the connection", protocol.Limits{ConnFiles: 1}},
		{"bytes of all", " bytes of all requests", protocol.Limits{TotalSpool: size + size/2}},
		{"files of all", "2 > 1 temporary files of all requests", protocol.Limits{TotalFiles: 1}},
	} {
		t.Run(row.name, func(t *testing.T) {
			row.lim.Budget = new(protocol.Budget)
			f, read, errs := unread(t, &row.lim, size)
			if n, files := row.lim.Budget.HoldSpool(0), row.lim.Budget.HoldFiles(0); n > size+size/2 || files != 1 {
				t.Errorf("%d bytes in %d files", n, files)
			}
			read()
			out, _ := f.answers(2)
			err := errors.Join(<-errs, <-errs)
			if !errors.Is(err, protocol.ErrTooLarge) || !strings.Contains(err.Error(), row.want) || strings.Contains(err.Error(), "\n") {
				t.Errorf("want one error with %q, got %v", row.want, err)
			}
			if !strings.HasPrefix(out[1]+out[2], "Status: 503 ") && !strings.HasPrefix(out[2]+out[1], "Status: 503 ") {
				t.Errorf("answered %q and %q", out[1], out[2])
			}
			f.nc.Close()
			f.wait()
			if n, files := row.lim.Budget.HoldSpool(0), row.lim.Budget.HoldFiles(0); n != 0 || files != 0 {
				t.Errorf("%d bytes in %d files are still counted", n, files)
			}
		})
	}
}

// TestLoneBodyWaitsForDisk: where others have taken all there is for temporary files, a request
// that is alone on its connection waits for its handler, and its body comes whole. In this test
// time is virtual.
func TestLoneBodyWaitsForDisk(t *testing.T) { synctest.Test(t, loneBody) }

func loneBody(t *testing.T) {
	ours, theirs := net.Pipe()
	body := randomBytes(1 << 20)
	lim := &protocol.Limits{Budget: new(protocol.Budget), TotalSpool: 1}
	read := make(chan error, 1)
	loop := &protocol.Loop{Limits: lim, Log: slog.New(slog.DiscardHandler), Handler: protocol.HandlerFunc(
		func(w protocol.ResponseWriter, r *protocol.Request) error {
			<-time.After(time.Minute) // nobody has patience for so long
			got, err := io.ReadAll(r.Body)
			if err == nil && !bytes.Equal(got, body) {
				err = errors.New("another body")
			}
			read <- err
			return err
		})}
	done := make(chan error, 1)
	go func() { done <- loop.Serve(t.Context(), Protocol{}.NewConn(ours, lim)) }()
	go io.Copy(io.Discard, theirs)
	f := &front{t: t, nc: theirs}
	f.say(post(1, len(body)))
	f.sendBody(1, body)
	if err := <-read; err != nil {
		t.Error(err)
	}
	theirs.Close()
	<-done
}

// TestParamText: it gives back what it was given, in whatever pieces, and has no more room than
// twice that.
func TestParamText(t *testing.T) {
	for _, step := range []int{1, 7, 100, 5000, 40_000} {
		var text paramText
		var want []byte
		for len(want) < min(200_000, 10_000*step) {
			b := bytes.Repeat([]byte{byte(len(want))}, step)
			if more := text.wants(len(b), 1<<20); more > 0 {
				text.grow(more)
			}
			text.add(b)
			want = append(want, b...)
			if text.size != len(want) || text.room > max(2*len(want), len(want)+largestPiece) {
				t.Fatalf("in steps of %d: %d bytes, room %d after %d", step, text.size, text.room, len(want))
			}
		}
		if got := text.join(); !bytes.Equal(got, want) || text.size != 0 || text.room != 0 {
			t.Errorf("in steps of %d: not what was added", step)
		}
	}
}
