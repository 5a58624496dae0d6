package protocol

import (
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestSpoolGivesBackWhatItTook(t *testing.T) {
	text := strings.Repeat("0123456789", 5000)
	for _, row := range []struct {
		text   string
		s      Spool
		pieces int
	}{
		{"all in memory", Spool{Memory: 100000}, 1},
		{"memory to the last byte", Spool{Memory: 50000}, 7},
		{"a byte beyond memory", Spool{Memory: 49999, File: 1}, 7},
		{"both", Spool{Memory: 12345, File: 1 << 20}, 11},
		{"all in the file", Spool{File: 50000}, 3},
	} {
		t.Run(row.text, func(t *testing.T) {
			s := row.s
			defer s.Close()
			for rest := []byte(text); len(rest) > 0; {
				piece := rest[:min(len(rest), len(text)/row.pieces)]
				if n, err := s.Write(piece); n != len(piece) || err != nil {
					t.Fatal(n, err)
				}
				rest = rest[len(piece):]
			}
			if s.Len() != int64(len(text)) {
				t.Errorf("Len %d", s.Len())
			}
			got, err := io.ReadAll(io.MultiReader(io.LimitReader(&s, 12000), &s))
			if err != nil || string(got) != text || s.Len() != 0 {
				t.Errorf("%d bytes, %v, %d left", len(got), err, s.Len())
			}
			if n, err := s.Read(make([]byte, 1)); n != 0 || err != io.EOF {
				t.Errorf("after the end: %d, %v", n, err)
			}
		})
	}
}

func TestSpoolIsLimited(t *testing.T) {
	s := Spool{Memory: 10, File: 20}
	defer s.Close()
	n, err := s.Write(make([]byte, 33))
	if n != 30 || !errors.Is(err, ErrTooLarge) || !strings.Contains(err.Error(), "33 > 30 bytes") {
		t.Errorf("%d, %v", n, err)
	}
	if got, err := io.ReadAll(&s); len(got) != 30 || err != nil {
		t.Errorf("what was taken in: %d bytes, %v", len(got), err)
	}
	var zero Spool
	if n, err := zero.Write([]byte("x")); n != 0 || !errors.Is(err, ErrTooLarge) {
		t.Errorf("the zero value: %d, %v", n, err)
	}
	if n, err := zero.Write(nil); n != 0 || err != nil {
		t.Errorf("nothing: %d, %v", n, err)
	}
}

func TestSpoolWithoutDiskIs507(t *testing.T) {
	t.Setenv("TMPDIR", filepath.Join(t.TempDir(), "not", "there"))
	s := Spool{Memory: 4, File: 1 << 20}
	n, err := s.Write([]byte("12345678"))
	if n != 4 || Status(err) != 507 || !errors.Is(err, os.ErrNotExist) {
		t.Errorf("%d, %v, %d", n, err, Status(err))
	}
}

func TestSpoolLeavesNoFile(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("TMPDIR", dir)
	s := Spool{File: 1000}
	if _, err := s.Write(bytes.Repeat([]byte("x"), 500)); err != nil {
		t.Fatal(err)
	}
	if left, _ := os.ReadDir(dir); len(left) != 0 {
		t.Errorf("%v while it is in use", left)
	}
	if err := errors.Join(s.Close(), s.Close()); err != nil || s.Len() != 0 {
		t.Errorf("%v, %d", err, s.Len())
	}
}

func TestSpoolTellsOfATruncatedFile(t *testing.T) {
	s := Spool{File: 1000}
	defer s.Close()
	s.Write(make([]byte, 500))
	s.file.Truncate(100)
	if n, err := io.Copy(io.Discard, &s); n != 100 || err != io.ErrUnexpectedEOF {
		t.Errorf("%d, %v", n, err)
	}
}
