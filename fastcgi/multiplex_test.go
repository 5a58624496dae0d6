package fastcgi

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/postern-gateway/postern/protocol"
)

// post is the beginning of a request with a body of n bytes.
func post(id, n int) string {
	return fmt.Sprintf("BEGIN_REQUEST %d RESPONDER KEEP_CONN\nPARAMS %d REQUEST_METHOD=\"POST\" REQUEST_URI=\"/%d\" CONTENT_LENGTH=\"%d\"\nPARAMS %d end\n", id, id, id, n, id)
}

// sendBody sends the whole STDIN of a request.
func (f *front) sendBody(id int, body []byte) {
	f.t.Helper()
	for len(body) > 0 {
		n := min(len(body), 8192)
		f.write(appendRecord(nil, typeStdin, uint16(id), body[:n]))
		body = body[n:]
	}
	f.write(appendRecord(nil, typeStdin, uint16(id), nil))
}

func randomBytes(n int) []byte {
	b := make([]byte, n)
	rand.NewChaCha8([32]byte{byte(n)}).Read(b)
	return b
}

// echoSum answers with its body's checksum once it may read.
func echoSum(w protocol.ResponseWriter, r *protocol.Request) error {
	h := sha256.New()
	if _, err := io.Copy(h, r.Body); err != nil {
		return err
	}
	w.Header()["Content-Type"] = nil
	_, err := io.WriteString(w, hex.EncodeToString(h.Sum(nil)))
	return err
}

func sum(b []byte) string {
	h := sha256.Sum256(b)
	return hex.EncodeToString(h[:])
}

// TestUnreadBody: a handler that does not read its body holds nobody up, whether the others come
// before, after or in the midst.
func TestUnreadBody(t *testing.T) {
	for _, size := range []int{100, window, window + 1, 1 << 20, 8 << 20} {
		t.Run(fmt.Sprint(size), func(t *testing.T) {
			read := make(chan bool)
			letGo := sync.OnceFunc(func() { close(read) })
			defer letGo()
			f := serve(t, Protocol{}, nil, func(w protocol.ResponseWriter, r *protocol.Request) error {
				if r.Params.Get("REQUEST_URI") != "/1" {
					return hello(w, r)
				}
				<-read
				return echoSum(w, r)
			})
			body := randomBytes(size)
			f.say(post(1, size))
			f.sendBody(1, body)
			f.say(get(2), get(3))
			if _, ends := f.answers(2); ends[2] != (end{}) || ends[3] != (end{}) {
				t.Errorf("ends: %v", ends)
			}
			letGo()
			if out, _, _ := f.answer(1); !strings.HasSuffix(out, sum(body)) {
				t.Errorf("another body: %q", out)
			}
		})
	}
}

// answers reads until n requests have ended, and returns what STDOUT and the end of each were.
func (f *front) answers(n int) (stdout map[uint16]string, ends map[uint16]end) {
	f.t.Helper()
	stdout, ends = map[uint16]string{}, map[uint16]end{}
	for len(ends) < n {
		h, content, err := f.record()
		if err != nil {
			f.t.Fatalf("after %d of %d answers: %v", len(ends), n, err)
		}
		if _, again := ends[h.id]; again {
			f.t.Fatalf("a %v of %d after its end", h.typ, h.id)
		}
		switch h.typ {
		case typeStdout:
			stdout[h.id] += string(content)
		case typeEnd:
			ends[h.id], _ = consumeEnd(content)
		}
	}
	return stdout, ends
}

// TestSpoolLimit: a body that is not read and does not fit fails alone, and says how much it was.
func TestSpoolLimit(t *testing.T) {
	read := make(chan bool)
	letGo := sync.OnceFunc(func() { close(read) })
	defer letGo()
	failed := make(chan error, 1)
	f := serve(t, Protocol{}, &protocol.Limits{Spool: 100_000}, func(w protocol.ResponseWriter, r *protocol.Request) error {
		if r.Params.Get("REQUEST_URI") != "/1" {
			return hello(w, r)
		}
		<-read
		_, err := io.ReadAll(r.Body)
		failed <- err
		return err
	})
	f.say(post(1, 1<<20))
	f.sendBody(1, make([]byte, 1<<20))
	f.say(get(2))
	f.answer(2)
	letGo()
	out, _, _ := f.answer(1)
	if err := <-failed; !errors.Is(err, protocol.ErrTooLarge) || !strings.Contains(err.Error(), "fastcgi: read body: too large: ") || !strings.HasPrefix(out, "Status: 413") {
		t.Errorf("%v; answered %q", err, out)
	}
}

// TestManyAtOnce serves 64 requests on one connection, with bodies of any size, records in any
// order, and aborts among them. No answer is another's.
func TestManyAtOnce(t *testing.T) {
	const n = 64
	f := serve(t, Protocol{}, nil, echoSum)
	rnd := rand.New(rand.NewPCG(1, 2))
	var todo []*upload
	want := map[uint16]string{}
	for id := uint16(1); id <= n; id++ {
		u := &upload{id: id * 1000, body: randomBytes(rnd.IntN(300_000)), aborts: id%7 == 0}
		todo = append(todo, u)
		want[u.id] = sum(u.body)
		if u.aborts {
			want[u.id] = "aborted"
		}
	}
	var sender sync.WaitGroup
	sender.Go(func() { sendInAnyOrder(f, rnd, todo) })
	defer sender.Wait()
	got, ends := f.answers(n)
	for id, e := range ends {
		if _, got[id], _ = strings.Cut(got[id], "\r\n\r\n"); e.app == 1 {
			got[id] = "aborted"
		}
	}
	for id := range want {
		if got[id] != want[id] {
			t.Errorf("%d: got %q, want %q", id, got[id], want[id])
		}
	}
}

type upload struct {
	id     uint16
	body   []byte
	begun  bool
	aborts bool
}

// sendInAnyOrder sends a record of one upload after the other.
func sendInAnyOrder(f *front, rnd *rand.Rand, todo []*upload) {
	for len(todo) > 0 {
		i := rnd.IntN(len(todo))
		u := todo[i]
		switch {
		case !u.begun:
			u.begun = true
			f.say(post(int(u.id), len(u.body)))
			continue
		case u.aborts && len(u.body) < 10_000:
			f.say(fmt.Sprintf("ABORT_REQUEST %d", u.id))
		case len(u.body) > 0:
			n := min(len(u.body), 1+rnd.IntN(9_000)) // one that aborts has something left
			f.write(appendRecord(nil, typeStdin, u.id, u.body[:n]))
			u.body = u.body[n:]
			continue
		default:
			f.say(fmt.Sprintf("STDIN %d end", u.id))
		}
		todo[i] = todo[len(todo)-1]
		todo = todo[:len(todo)-1]
	}
}

// TestTwoWriters: large answers of several requests share the connection, and no record is torn.
func TestTwoWriters(t *testing.T) {
	const n = 4
	f := serve(t, Protocol{}, nil, func(w protocol.ResponseWriter, r *protocol.Request) error {
		w.Header()["Content-Type"] = nil
		letter := r.Params.Get("REQUEST_URI")[1]
		for size := 1; size < 300_000; size = size*3 + 1 {
			if _, err := w.Write(bytes.Repeat([]byte{letter}, size)); err != nil {
				return err
			}
		}
		return nil
	})
	for id := 1; id <= n; id++ {
		f.say(get(id))
	}
	got, _ := f.answers(n)
	for id := uint16(1); id <= n; id++ {
		_, body, _ := strings.Cut(got[id], "\r\n\r\n")
		if want := 1 + 4 + 13 + 40 + 121 + 364 + 1093 + 3280 + 9841 + 29524 + 88573 + 265720; len(body) != want || strings.Trim(body, string('0'+rune(id))) != "" {
			t.Errorf("%d got %d bytes, want %d of its own", id, len(body), want)
		}
	}
}

// TestPeerThatDoesNotRead: answers that nobody reads hold up no more handlers than the limit, and
// the end of the connection frees them all.
func TestPeerThatDoesNotRead(t *testing.T) {
	const limit = 4
	var running atomic.Int64
	var most atomic.Int64
	f := serve(t, Protocol{}, &protocol.Limits{Requests: limit}, func(w protocol.ResponseWriter, r *protocol.Request) error {
		if n := running.Add(1); n > most.Load() {
			most.Store(n)
		}
		defer running.Add(-1)
		_, err := w.Write(make([]byte, 1<<20))
		return err
	})
	f.nc.SetWriteDeadline(time.Now().Add(100 * time.Millisecond))
	for id := 1; id < 20_000; id++ {
		if _, err := f.nc.Write(parseRecords(t, get(id))); err != nil {
			break // it is our turn to be held up
		}
	}
	f.nc.Close()
	f.wait()
	if m := most.Load(); m == 0 || m > limit+1 {
		t.Errorf("%d handlers at once, limit %d", m, limit)
	}
}

// TestWriteDeadline: a handler's own deadline is for its response; the next request on the
// connection has none of it.
func TestWriteDeadline(t *testing.T) {
	f := serve(t, Protocol{}, nil, func(w protocol.ResponseWriter, r *protocol.Request) error {
		rc := http.NewResponseController(w)
		if r.Params.Get("REQUEST_URI") == "/1" {
			if err := rc.SetWriteDeadline(time.Now().Add(time.Hour)); err != nil {
				return err
			}
			return hello(w, r)
		}
		if err := rc.SetWriteDeadline(time.Now().Add(10 * time.Millisecond)); err != nil {
			return err
		}
		for {
			if _, err := w.Write(make([]byte, 1<<20)); err != nil {
				if !errors.Is(err, os.ErrDeadlineExceeded) {
					t.Error(err)
				}
				return err
			}
		}
	})
	f.say(get(1))
	f.answer(1)
	f.say(get(2))
	f.wait()
}
