package fastcgi

import (
	"context"
	"io"
	"log/slog"
	"testing"
	"time"

	"github.com/postern-gateway/postern/protocol"
)

// dialogs seed FuzzServer: what a front says.
var dialogs = []string{
	"BEGIN_REQUEST 1 RESPONDER\nPARAMS 1 A=\"b\"\nPARAMS 1 end\nSTDIN 1 end",
	"BEGIN_REQUEST 1 RESPONDER KEEP_CONN\nPARAMS 1 CONTENT_LENGTH=\"5\"\nPARAMS 1 end\nSTDIN 1 \"hello\"\nSTDIN 1 end",
	"BEGIN_REQUEST 1 RESPONDER KEEP_CONN\nBEGIN_REQUEST 2 RESPONDER KEEP_CONN\nPARAMS 2 end\nPARAMS 1 end\nSTDIN 2 \"x\"\nABORT_REQUEST 1\nSTDIN 2 end",
	"GET_VALUES 0 FCGI_MAX_REQS=\"\"\nTYPE_77 0\nBEGIN_REQUEST 9 ROLE_9 KEEP_CONN",
	"BEGIN_REQUEST 3 FILTER\nPARAMS 3 FCGI_DATA_LENGTH=\"4\"\nPARAMS 3 end\nSTDIN 3 end\nDATA 3 \"data\"\nDATA 3 end",
	"BEGIN_REQUEST 3 AUTHORIZER\nPARAMS 3 end",
	"BEGIN_REQUEST 1 RESPONDER KEEP_CONN\nBEGIN_REQUEST 1 RESPONDER KEEP_CONN\nABORT_REQUEST 1",
}

// FuzzServer plays a front that says anything, cut anywhere, hears all that is said to it, and
// ends. Whatever it says, what it hears are whole records, and no request ends twice.
func FuzzServer(f *testing.F) {
	for i, text := range dialogs {
		f.Add(parseRecords(f, text), uint16(i*5))
	}
	f.Add([]byte("GET / HTTP/1.1\r\n\r\n"), uint16(3))
	lim := &protocol.Limits{Requests: 4, ParamBytes: 4096, ParamCount: 16, Spool: 1 << 20, BodyTimeout: time.Second, HeadTimeout: time.Second}
	loop := &protocol.Loop{Limits: lim, Log: slog.New(slog.DiscardHandler), Handler: protocol.HandlerFunc(func(w protocol.ResponseWriter, r *protocol.Request) error {
		if _, err := io.Copy(w, r.Body); err != nil || r.Data == nil {
			return err
		}
		_, err := io.Copy(w, r.Data)
		return err
	})}
	f.Fuzz(func(t *testing.T, b []byte, cut uint16) {
		ours, theirs := sockets(t)
		defer theirs.Close()
		theirs.SetDeadline(time.Now().Add(patienceOfTests))
		done := make(chan error, 1)
		go func() { done <- loop.Serve(context.Background(), Protocol{}.NewConn(ours, lim)) }()
		go func() {
			n := min(int(cut), len(b))
			theirs.Write(b[:n])
			theirs.Write(b[n:])
			theirs.(interface{ CloseWrite() error }).CloseWrite()
		}()
		checkAnswers(t, theirs, b)
		<-done
	})
}

func checkAnswers(t *testing.T, r io.Reader, said []byte) {
	heard, err := io.ReadAll(r)
	if ne, ok := err.(interface{ Timeout() bool }); ok && ne.Timeout() {
		t.Fatalf("no end after % x", said)
	}
	if len(said) == 0 || said[0] != version1 {
		return // answered with text
	}
	begun, ended := map[uint16]int{}, map[uint16]int{}
	count(said, typeBegin, begun)
	if rest := count(heard, typeEnd, ended); rest > 0 && err == nil {
		t.Errorf("%d bytes of the answer are no record", rest)
	}
	for id, n := range ended {
		if n > begun[id] {
			t.Errorf("%d began %d times and ended %d times", id, begun[id], n)
		}
	}
}

// count counts the records of that type whose content is whole, and returns how many bytes are left
// at the end.
func count(b []byte, typ recordType, byID map[uint16]int) (rest int) {
	for {
		h, n, err := consumeHeader(b)
		if n == 0 || err != nil || len(b) < n+h.content {
			return len(b)
		}
		if h.typ == typ {
			byID[h.id]++
		}
		b = b[min(len(b), n+h.content+h.padding):]
	}
}
