package fastcgi

import (
	"context"
	"io"
	"net"
	"testing"

	"github.com/postern-gateway/postern/protocol"
)

// FuzzClient is a backend that answers anything, cut anywhere. The exchange ends, and a response is
// whole only if END_REQUEST came.
func FuzzClient(f *testing.F) {
	for i, text := range []string{
		"STDOUT 1 \"Status: 200 OK\\r\\n\\r\\nhello\"\nSTDOUT 1 end\nEND_REQUEST 1 REQUEST_COMPLETE 0",
		"STDERR 1 \"oh\"\nSTDOUT 1 \"Status: 100\\r\\n\\r\\nA: \"\nSTDOUT 1 \"b\\n\\n\"\nEND_REQUEST 1 REQUEST_COMPLETE 0",
		"END_REQUEST 1 OVERLOADED 0",
		"GET_VALUES_RESULT 0\nSTDOUT 1 \"Content-Length: 3\\r\\n\\r\\nhello\"\nEND_REQUEST 1 REQUEST_COMPLETE 1",
	} {
		f.Add(parseRecords(f, text), uint16(i*9))
	}
	f.Add([]byte("\x01\x06\x00\x010000Content-Length:0\n\n000"), uint16(27))
	f.Fuzz(func(t *testing.T, b []byte, cut uint16) {
		ours, theirs := sockets(t)
		ended := make(chan bool)
		go func() {
			defer close(ended)
			n := min(int(cut), len(b))
			theirs.Write(b[:n])
			theirs.Write(b[n:])
			theirs.Close()
		}()
		ctx, cancel := context.WithTimeout(context.Background(), patienceOfTests)
		defer cancel()
		c := &Client{MaxIdle: 1, Limits: &protocol.Limits{ResponseHead: 4096}, Dial: func(context.Context) (net.Conn, error) { return ours, nil }}
		res, err := c.RoundTrip(ctx, request("GET"))
		if err == nil {
			_, err = io.Copy(io.Discard, res.Body)
			res.Body.Close()
		}
		c.CloseIdleConnections()
		<-ended
		if ctx.Err() != nil {
			t.Fatalf("no end after % x", b)
		}
		// a response that says how long its body is need not wait for END_REQUEST
		sized := res != nil && (res.Header.Get("Content-Length") != "" || res.Status == 204 || res.Status == 304)
		ends := map[uint16]int{}
		if count(b, typeEnd, ends); err == nil && ends[requestID] == 0 && !sized {
			t.Errorf("a whole response without END_REQUEST: % x", b)
		}
	})
}
