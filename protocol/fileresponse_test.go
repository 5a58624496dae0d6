package protocol

import (
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// A readingEncoder notes what it has read by itself.
type readingEncoder struct {
	record
	read int64
}

func (e *readingEncoder) ReadFrom(r io.Reader) (int64, error) {
	n, err := io.Copy(&e.record.body, r)
	e.read += n
	return n, err
}

// A file whose head is known goes to the encoder as a whole. Of another body the beginning is read
// first: the head may need it.
func TestReadFromFile(t *testing.T) {
	name := filepath.Join(t.TempDir(), "file")
	text := strings.Repeat("r", 10*prefixSize)
	if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	for _, row := range []struct {
		text         string
		length, kind string
		before       string // is written first
		atLeast      int64
	}{
		{"whole", "40960", "text/plain", "", 40960},
		{"behind what was written", "40965", "text/plain", "first", 40960},
		{"of an unknown length", "", "text/plain", "", 40960 - 2*prefixSize},
		{"of an unknown type", "40960", "", "", 40960 - 2*prefixSize},
	} {
		t.Run(row.text, func(t *testing.T) {
			e := new(readingEncoder)
			serveOn(t, func(w ResponseWriter, r *Request) error {
				if row.length != "" {
					w.Header().Set("Content-Length", row.length)
				}
				if row.kind != "" {
					w.Header().Set("Content-Type", row.kind)
				}
				f, err := os.Open(name)
				if err != nil {
					return err
				}
				defer f.Close()
				if _, err := io.WriteString(w, row.before); err != nil {
					return err
				}
				_, err = io.CopyN(w, f, int64(len(text)))
				return err
			}, &script{steps: []step{{r: get(), enc: e}}})
			if e.body.String() != row.before+text || e.cause != nil {
				t.Errorf("%d bytes, cause %v", e.body.Len(), e.cause)
			}
			if e.read < row.atLeast {
				t.Errorf("the encoder read %d bytes, want at least %d", e.read, row.atLeast)
			}
		})
	}
}
