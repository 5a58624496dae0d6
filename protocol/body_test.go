package protocol

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/iotest"
)

func TestBody(t *testing.T) {
	broken := errors.New("broken")
	for _, row := range []struct {
		text     string
		src      io.Reader
		declared int64
		limit    int64
		want     string
		err      error // nil: io.EOF
	}{
		{"none", nil, 0, 100, "", nil},
		{"none, of unknown length", nil, -1, 100, "", nil},
		{"none where some was declared", nil, 5, 100, "", io.ErrUnexpectedEOF},
		{"as long as declared", strings.NewReader("12345"), 5, 100, "12345", nil},
		{"byte by byte", iotest.OneByteReader(strings.NewReader("12345")), 5, 100, "12345", nil},
		{"with the end at the last byte", iotest.DataErrReader(strings.NewReader("12345")), 5, 100, "12345", nil},
		{"shorter", strings.NewReader("1234"), 5, 100, "1234", io.ErrUnexpectedEOF},
		{"shorter, with the end at the last byte", iotest.DataErrReader(strings.NewReader("1234")), 5, 100, "1234", io.ErrUnexpectedEOF},
		{"longer: the rest is nobody's", strings.NewReader("123456789"), 5, 100, "12345", nil},
		{"of no length: nothing is read", iotest.ErrReader(broken), 0, 100, "", nil},
		{"of unknown length", strings.NewReader("12345"), -1, 100, "12345", nil},
		{"of unknown length, to the limit", strings.NewReader("12345"), -1, 5, "12345", nil},
		{"of unknown length, beyond the limit", iotest.OneByteReader(strings.NewReader("123456")), -1, 5, "12345", ErrTooLarge},
		{"a broken stream", io.MultiReader(strings.NewReader("123"), iotest.ErrReader(broken)), 5, 100, "123", broken},
		{"a stream that breaks after its last byte", io.MultiReader(strings.NewReader("12345"), iotest.ErrReader(broken)), 5, 100, "12345", nil},
	} {
		t.Run(row.text, func(t *testing.T) {
			b := new(body)
			b.open(row.src, row.declared, row.limit)
			got, err := io.ReadAll(b)
			if string(got) != row.want || !errors.Is(err, row.err) {
				t.Errorf("%q, %v; want %q, %v", got, err, row.want, row.err)
			}
			want := row.err
			if want == nil {
				want = io.EOF
			}
			if n, err := b.Read(make([]byte, 9)); n != 0 || !errors.Is(err, want) {
				t.Errorf("again: %d, %v", n, err)
			}
			b.release(func() { t.Error("nobody was reading") })
			if n, err := b.Read(make([]byte, 9)); n != 0 || err != http.ErrBodyReadAfterClose {
				t.Errorf("after the handler: %d, %v", n, err)
			}
		})
	}
}

func TestBodyIsTakenIn(t *testing.T) {
	broken := errors.New("broken")
	for _, row := range []struct {
		text     string
		src      io.Reader
		declared int64
		lim      Limits
		want     string
		err      error
	}{
		{"into memory", strings.NewReader("123456789"), 9, Limits{SpoolMemory: 100}, "123456789", nil},
		{"into memory and a file", strings.NewReader("123456789"), 9, Limits{SpoolMemory: 3, Spool: 100}, "123456789", nil},
		{"of unknown length", strings.NewReader("123456789"), -1, Limits{SpoolMemory: 3, Spool: 100}, "123456789", nil},
		{"beyond the limit: what was taken in, then why", strings.NewReader("123456789"), 9, Limits{SpoolMemory: 3, Spool: 3}, "12345678", ErrTooLarge},
		{"shorter than declared", strings.NewReader("1234"), 9, Limits{}, "1234", io.ErrUnexpectedEOF},
		{"broken on the way", io.MultiReader(strings.NewReader("1234"), iotest.ErrReader(broken)), 9, Limits{}, "1234", broken},
	} {
		t.Run(row.text, func(t *testing.T) {
			lim := row.lim.Resolve()
			b := new(body)
			b.open(row.src, row.declared, lim.Body)
			first := make([]byte, 2)
			if _, err := io.ReadFull(b, first); err != nil {
				t.Fatal(err)
			}
			b.takeIn(&lim)
			b.takeIn(&lim) // once is enough
			rest, err := io.ReadAll(b)
			if got := string(first) + string(rest); !errors.Is(err, row.err) || got != row.want {
				t.Errorf("%q, %v; want %q, %v", got, err, row.want, row.err)
			}
			b.release(func() {})
		})
	}
}

func TestBodyOfAClosedReaderIsNotTakenIn(t *testing.T) {
	b := new(body)
	b.open(iotest.ErrReader(errors.New("was read")), 5, 100)
	b.Close()
	lim := (*Limits)(nil).Resolve()
	b.takeIn(&lim)
	if b.spool != nil {
		t.Error("it was taken in")
	}
	if _, err := b.Read(nil); err != http.ErrBodyReadAfterClose {
		t.Error(err)
	}
}

// A stuck reader waits until it is told.
type stuck struct{ reading, wake chan struct{} }

func (s stuck) Read([]byte) (int, error) {
	close(s.reading)
	<-s.wake
	return 0, fmt.Errorf("woken")
}

func TestReleaseWakesAReader(t *testing.T) {
	s := stuck{make(chan struct{}), make(chan struct{})}
	b := new(body)
	b.open(s, 5, 100)
	failed := make(chan error, 1)
	go func() {
		_, err := b.Read(make([]byte, 5))
		failed <- err
	}()
	receive(t, s.reading)
	b.release(func() { close(s.wake) })
	if err := receive(t, failed); err == nil || err == io.EOF {
		t.Errorf("the reader was told %v", err)
	}
}
