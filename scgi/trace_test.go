package scgi

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/postern-gateway/postern/protocol"
)

func TestTraceOfRubbish(t *testing.T) {
	var out strings.Builder
	tr := &protocol.Trace{Protocol: Protocol{}, Out: &out, Prefix: ">"}
	if _, err := tr.Write([]byte("GET / HTTP/1.1\r\n")); err == nil {
		t.Error("no error")
	}
	if _, err := tr.Write([]byte("more")); err == nil {
		t.Error("no error the second time")
	}
	want := `> scgi: read head: malformed: netstring length "G": "GET / HTTP/1.1\r\n"` + "\n"
	if diff := cmp.Diff(want, out.String()); diff != "" {
		t.Error(diff)
	}
}

// However the bytes come, the same lines are printed for the heads.
func TestTraceInPieces(t *testing.T) {
	var out strings.Builder
	front := &protocol.Trace{Protocol: Protocol{}, Out: &out, Prefix: ">", Max: 8}
	server := &protocol.Trace{Protocol: Protocol{}, Side: protocol.ResponseSide, Out: &out, Prefix: "<"}
	for _, b := range []byte(packet(head0 + "A\x000123456789\x00B=\x00\x00")) {
		front.Write([]byte{b})
	}
	for _, b := range []byte("Status: 204 No Content\r\nB: 2\r\nA: 1\r\n\r\n") {
		server.Write([]byte{b})
	}
	want := "> request CONTENT_LENGTH=\"0\" SCGI=\"1\" A=\"01234567\"+2 B==\"\"\n< head 204 B=\"2\" A=\"1\"\n"
	if diff := cmp.Diff(want, out.String()); diff != "" {
		t.Error(diff)
	}
}
