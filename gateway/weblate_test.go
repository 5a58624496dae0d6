package gateway_test

import (
	"bufio"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/postern-gateway/postern/gateway"
	"github.com/postern-gateway/postern/protocol"
)

// A head that does not come whole in time is answered 408, wherever it stops and however many
// requests were before it, and never served. It was a 400 within a line, and behind one no answer.
func TestHTTPLateHead(t *testing.T) {
	const limit = 3 * time.Second
	for _, text := range []string{
		"G", "GET ", "GET / HTTP/1.1", "GET / HTTP/1.1\r\n", "GET / HTTP/1.1\nHost: h",
		"GET / HTTP/1.1\r\nHost: h\r\nX", "GET / HTTP/1.1\r\nHost: h\r\n", "GET / HTTP/1.1\r\nHost: h\r\n\r",
		"GET / HTTP/1.1\r\nHost: h\r\nX: y\r\n ", "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n",
	} {
		for before := range 3 {
			synctest.Test(t, func(t *testing.T) {
				served := 0
				s := &gateway.Server{Limits: &protocol.Limits{HeadTimeout: limit, IdleTimeout: time.Hour},
					Handler: protocol.HandlerFunc(func(protocol.ResponseWriter, *protocol.Request) error { served++; return nil })}
				var told []int
				s.Observe = func(_ *protocol.Request, sum protocol.Summary) { told = append(told, sum.Status) }
				c := servedInBubble(t, s)
				in := bufio.NewReader(c)
				for range before {
					getHTTP(t, c, in)
				}
				began := time.Now()
				io.WriteString(c, text)
				b, err := io.ReadAll(in)
				status, _, _ := strings.Cut(strings.TrimPrefix(string(b), "HTTP/1.1 "), " ")
				if took := time.Since(began); status != "408" || err != nil || took.Round(time.Second) != limit || served != before {
					t.Errorf("%q behind %d requests: %q, %v after %v, %d served", text, before, b, err, took, served)
				}
				if len(told) != before+1 || told[before] != http.StatusRequestTimeout {
					t.Errorf("%q behind %d requests: told %v", text, before, told)
				}
			})
		}
	}
}
