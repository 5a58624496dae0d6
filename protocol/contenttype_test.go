package protocol

import (
	"net/http"
	"strings"
	"testing"
)

// FuzzDetectType: a body has the type that net/http finds.
func FuzzDetectType(f *testing.F) {
	for _, seed := range []string{
		"", "hello, world\n", "{}", "[1]", "  {}", "0", "the", "ttcf", "wOFF", "wOF2", "<html>", "%PDF-", "OTTO", "\x00\x01\x00\x00",
		"a\x00", "a\x1b", "a\v", "a\x0e", "a\x1a", "a\x1c", "a\x7f\x80\xff", strings.Repeat("a", 512) + "\x00", strings.Repeat("a", 511) + "\x00",
		"\x00\x00\x00\x18ftypmp42\x00\x00\x00\x00mp42isom", "aaaaftypmp42", "0000ftypmp42",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		if got, want := detectType(body), http.DetectContentType(body); got != want {
			t.Errorf("%q is %s, want %s", body, got, want)
		}
	})
}

// Every first byte, and every byte behind one that begins text.
func TestDetectType(t *testing.T) {
	for c := range 256 {
		for _, body := range []string{string([]byte{byte(c)}), string([]byte{'a', byte(c)}), string([]byte{byte(c)}) + "OFFttcfOTTO and a text"} {
			if got, want := detectType([]byte(body)), http.DetectContentType([]byte(body)); got != want {
				t.Errorf("%q is %s, want %s", body, got, want)
			}
		}
	}
}
