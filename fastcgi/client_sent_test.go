package fastcgi

import (
	"io"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/postern-gateway/postern/protocol"
)

// TestSent has what a client sends.
func TestSent(t *testing.T) {
	const answers = `
		< STDOUT 1 "A: b\r\n\r\n"
		< END_REQUEST 1 REQUEST_COMPLETE 0`
	rows := []struct {
		text   string
		r      *protocol.Request
		dialog string
	}{
		{"a small body, its length made true", &protocol.Request{Params: protocol.Pairs("CONTENT_LENGTH", "999", "HTTP_PROXY", "http://evil", "A", "b"), Body: strings.NewReader("hello"), ContentLength: 5}, `
			> BEGIN_REQUEST 1 RESPONDER
			> PARAMS 1 CONTENT_LENGTH="5" A="b"
			> PARAMS 1 end
			> STDIN 1 "hello"
			> STDIN 1 end`},
		{"a body of unknown length", &protocol.Request{Params: protocol.Pairs("A", "b"), Body: strings.NewReader("hello"), ContentLength: -1}, `
			> BEGIN_REQUEST 1 RESPONDER
			> PARAMS 1 A="b" CONTENT_LENGTH="5"
			> PARAMS 1 end
			> STDIN 1 "hello"
			> STDIN 1 end`},
		{"an Authorizer's request has no body", &protocol.Request{Role: protocol.Authorizer, Params: protocol.Pairs("REMOTE_USER", "joe", "CONTENT_LENGTH", "5"), Body: strings.NewReader("hello"), ContentLength: 5}, `
			> BEGIN_REQUEST 1 AUTHORIZER
			> PARAMS 1 REMOTE_USER="joe"
			> PARAMS 1 end
			> STDIN 1 end`},
		{"a Filter's DATA comes after STDIN", &protocol.Request{Role: protocol.Filter, Params: protocol.Pairs("A", "b"), Body: strings.NewReader("hello"), ContentLength: 5, Data: strings.NewReader("data"), DataLength: 4}, `
			> BEGIN_REQUEST 1 FILTER
			> PARAMS 1 A="b" CONTENT_LENGTH="5" FCGI_DATA_LENGTH="4"
			> PARAMS 1 end
			> STDIN 1 "hello"
			> STDIN 1 end
			> DATA 1 "data"
			> DATA 1 end`},
	}
	for _, row := range rows {
		t.Run(row.text, func(t *testing.T) {
			c := backend(t, plays(row.dialog+answers))
			if _, _, err := fetch(t, c, row.r); err != nil {
				t.Error(err)
			}
		})
	}
}

// TestPairsStayWhole: php-fpm drops a request of which a pair is in two records, or a record is
// longer than 65,528 bytes.
func TestPairsStayWhole(t *testing.T) {
	want := protocol.Pairs("REQUEST_METHOD", "GET")
	for i := range 40 {
		want.Add("HTTP_X_"+string(rune('A'+i)), strings.Repeat("x", i*500))
	}
	var got protocol.Params
	c := backend(t, func(f *front) {
		for {
			h, content, err := f.record()
			if err != nil || h.typ == typeParams && h.content == 0 {
				break
			}
			if h.content+h.padding > fullContent || (h.content+h.padding)%8 != 0 {
				t.Errorf("a record of %d + %d bytes", h.content, h.padding)
			}
			if h.typ == typeParams {
				params, err := consumeParams(content, 100)
				if err != nil {
					t.Error(err)
				}
				got = append(got, params...)
			}
		}
		f.dialog(`
			< STDIN 1 end
			> STDOUT 1 "A: b\r\n\r\n"
			> END_REQUEST 1 REQUEST_COMPLETE 0`)
	})
	if _, _, err := fetch(t, c, &protocol.Request{Params: want}); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// TestEarlyResponse: a response that comes before the body was taken is read, whether the backend
// then closes or not.
func TestEarlyResponse(t *testing.T) {
	for _, closes := range []bool{true, false} {
		letGo := make(chan bool)
		c := backend(t, func(f *front) {
			for {
				if h, _, err := f.record(); err != nil || h.typ == typeStdin {
					break
				}
			}
			f.dialog(`
				> STDOUT 1 "Status: 413 Content Too Large\r\n\r\ntoo large"
				> STDOUT 1 end
				> END_REQUEST 1 REQUEST_COMPLETE 0`)
			if !closes {
				<-letGo
			}
		})
		body := io.LimitReader(endless{}, 100<<20)
		status, text, err := fetch(t, c, &protocol.Request{Params: protocol.Pairs("REQUEST_METHOD", "POST"), Body: body, ContentLength: 100 << 20})
		if status != 413 || text != "too large" || err != nil {
			t.Errorf("closes = %v: %d %q, %v", closes, status, text, err)
		}
		close(letGo)
	}
}

type endless struct{}

func (endless) Read(p []byte) (int, error) { return len(p), nil }
