package cgi

import (
	"io"
	"strings"
	"testing"

	"github.com/postern-gateway/postern/protocol"
)

// A run is told of once, with all that went in and came out.
func TestObserve(t *testing.T) {
	b := newBench(t)
	b.sh(`cat >/dev/null; printf 'Content-Type: text/plain\n\nhello\n'`)
	var runs []Run
	b.c.Observe = func(r Run) { runs = append(runs, r) }
	res, err := b.c.RoundTrip(t.Context(), &protocol.Request{Params: protocol.Pairs("REQUEST_METHOD", "POST", "CONTENT_LENGTH", "3"),
		Body: strings.NewReader("abc"), ContentLength: 3})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.ReadAll(res.Body); err != nil {
		t.Fatal(err)
	}
	res.Body.Close()
	const output = int64(len("Content-Type: text/plain\n\nhello\n"))
	if len(runs) != 1 || runs[0].Script != b.c.Path || runs[0].Received != output || runs[0].Sent < 100 || runs[0].Took <= 0 {
		t.Errorf("%+v, want one run with %d bytes of output", runs, output)
	}
}
