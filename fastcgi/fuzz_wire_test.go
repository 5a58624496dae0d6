package fastcgi

import (
	"bytes"
	"testing"

	"github.com/postern-gateway/postern/protocol"
)

func FuzzConsumeHeader(f *testing.F) {
	for _, row := range headers {
		f.Add(row.wire)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		h, n, err := consumeHeader(b)
		if n == 0 {
			return
		}
		if err != nil || n != headerLen {
			t.Fatalf("n = %d, err = %v", n, err)
		}
		if again := appendHeader(nil, h); !bytes.Equal(again[:7], b[:7]) || again[7] != 0 {
			t.Errorf("% x is written as % x", b[:n], again)
		}
	})
}

func FuzzConsumeRecord(f *testing.F) {
	for _, row := range records {
		f.Add(row.wire)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		h, content, n, err := consumeRecord(b)
		if n > 0 && (err != nil || n > len(b) || n != headerLen+h.content+h.padding || len(content) != h.content) {
			t.Errorf("%v: %d bytes of content, n = %d of %d, err = %v", h, len(content), n, len(b), err)
		}
	})
}

func FuzzConsumeBodies(f *testing.F) {
	for _, row := range bodies {
		f.Add(row.wire)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		if x, n := consumeBegin(b); n > 0 {
			if y, _ := consumeBegin(appendBegin(nil, x)); x != y {
				t.Errorf("%v is read back as %v", x, y)
			}
		}
		if x, n := consumeEnd(b); n > 0 {
			if y, _ := consumeEnd(appendEnd(nil, x)); x != y {
				t.Errorf("%v is read back as %v", x, y)
			}
		}
		if x, n := consumeUnknown(b); n > 0 {
			if y, _ := consumeUnknown(appendUnknown(nil, x)); x != y {
				t.Errorf("%v is read back as %v", x, y)
			}
		}
	})
}

func FuzzConsumePair(f *testing.F) {
	for _, row := range pairs {
		f.Add(row.wire)
	}
	for _, row := range refusedPairs {
		f.Add(row.wire)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		name, value, n := consumePair(b)
		if n == 0 {
			return
		}
		again := appendPair(nil, string(name), string(value))
		name2, value2, n2 := consumePair(again)
		if n > len(b) || n2 != len(again) || n2 > n || !bytes.Equal(name, name2) || !bytes.Equal(value, value2) {
			t.Errorf("%q=%q is read back as %q=%q", name, value, name2, value2)
		}
	})
}

func FuzzConsumeParams(f *testing.F) {
	var all []byte
	for _, row := range pairs {
		f.Add(row.wire)
		all = append(all, row.wire...)
	}
	f.Add(all)
	f.Fuzz(func(t *testing.T, b []byte) {
		params, err := consumeParams(b, 100)
		if err != nil {
			return
		}
		again, err := consumeParams(appendParams(nil, params), 100)
		if err != nil || len(again) != len(params) {
			t.Fatalf("%v is read back as %v, %v", params, again, err)
		}
		for i := range params {
			if params[i] != again[i] {
				t.Errorf("%v is read back as %v", params[i], again[i])
			}
		}
	})
}

func FuzzTrace(f *testing.F) {
	for _, row := range records {
		f.Add(row.wire, 3)
	}
	f.Fuzz(func(t *testing.T, b []byte, cut int) {
		cut = min(max(cut, 0), len(b))
		var whole, parts bytes.Buffer
		(&protocol.Trace{Protocol: Protocol{}, Out: &whole}).Write(b)
		tr := &protocol.Trace{Protocol: Protocol{}, Out: &parts}
		if _, err := tr.Write(b[:cut]); err == nil {
			tr.Write(b[cut:])
		}
		if bytes.Count(whole.Bytes(), []byte("\n")) < bytes.Count(parts.Bytes(), []byte("\n")) {
			t.Errorf("in parts:\n%s\nwhole:\n%s", &parts, &whole)
		}
	})
}
