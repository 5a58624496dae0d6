package fastcgi

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/postern-gateway/postern/protocol"
)

// TestTrace prints one record of each kind, and of each kind of trouble.
func TestTrace(t *testing.T) {
	lines := []string{
		"BEGIN_REQUEST 1 RESPONDER",
		"BEGIN_REQUEST 2 FILTER KEEP_CONN",
		"BEGIN_REQUEST 3 ROLE_9",
		`BEGIN_REQUEST 3 "short"`,
		"ABORT_REQUEST 1",
		"END_REQUEST 1 REQUEST_COMPLETE 938",
		"END_REQUEST 1 CANT_MPX_CONN 0",
		`PARAMS 1 A="b" EMPTY="" A="\x00\xff"`,
		`PARAMS 1 "\x05\x05ABC"`,
		"PARAMS 1 end",
		`STDIN 1 "hello\r\n"`,
		"STDIN 1 end",
		"STDOUT 65535 end",
		`STDERR 1 "oh"`,
		`DATA 1 "data"`,
		"GET_VALUES 0",
		`GET_VALUES 0 FCGI_MAX_CONNS=""`,
		`GET_VALUES_RESULT 0 FCGI_MAX_CONNS="1"`,
		`UNKNOWN_TYPE 0 "short"`,
		"TYPE_99 0",
		`TYPE_99 0 "what?"`,
	}
	var wire []byte
	want := ""
	for _, line := range lines {
		wire = append(wire, parseRecord(t, line)...)
		want += "> " + line + "\n"
	}
	wire = append(wire, appendRecord(nil, typeUnknown, 0, appendUnknown(nil, 99))...)
	want += "> UNKNOWN_TYPE 0 TYPE_99\n"
	for _, piece := range []int{1, 13, len(wire)} {
		var got bytes.Buffer
		tr := &protocol.Trace{Protocol: Protocol{}, Out: &got, Prefix: ">"}
		for b := wire; len(b) > 0; b = b[min(piece, len(b)):] {
			if _, err := tr.Write(b[:min(piece, len(b))]); err != nil {
				t.Fatal(err)
			}
		}
		if diff := cmp.Diff(want, got.String()); diff != "" {
			t.Errorf("in pieces of %d bytes: %s", piece, diff)
		}
	}
}

// TestTraceClips cuts what is long, and says how much it cut.
func TestTraceClips(t *testing.T) {
	record := appendRecord(nil, typeStdout, 1, []byte(strings.Repeat("x", 70)))
	for limit, want := range map[int]string{
		0: strings.Repeat("x", 64) + `"+6`, 5: `xxxxx"+65`, -1: strings.Repeat("x", 70) + `"`,
	} {
		var got bytes.Buffer
		(&protocol.Trace{Protocol: Protocol{}, Out: &got, Prefix: "<", Max: limit}).Write(record)
		if diff := cmp.Diff(`< STDOUT 1 "`+want+"\n", got.String()); diff != "" {
			t.Errorf("Max = %d: %s", limit, diff)
		}
	}
}

// A name cannot break the line, nor be taken for none.
func TestTraceOfOddNames(t *testing.T) {
	content := appendPair(appendPair(nil, "a\nb", "1"), "", "2")
	var got bytes.Buffer
	(&protocol.Trace{Protocol: Protocol{}, Out: &got, Prefix: ">"}).Write(appendRecord(nil, typeParams, 1, content))
	if diff := cmp.Diff("> PARAMS 1 \"a\\nb\"=\"1\" \"\"=\"2\"\n", got.String()); diff != "" {
		t.Error(diff)
	}
}

// TestTraceOfOther prints what is no record, once.
func TestTraceOfOther(t *testing.T) {
	var got bytes.Buffer
	tr := &protocol.Trace{Protocol: Protocol{}, Out: &got, Prefix: ">"}
	for range 2 {
		if _, err := tr.Write([]byte("GET / HTTP/1.1\r\n")); !errors.Is(err, protocol.ErrMalformed) {
			t.Error(err)
		}
	}
	if diff := cmp.Diff("> fastcgi: read record: malformed: version 71, want 1: \"GET / HTTP/1.1\\r\\n\"\n", got.String()); diff != "" {
		t.Error(diff)
	}
}
