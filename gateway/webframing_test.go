package gateway_test

import (
	"bufio"
	"bytes"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/postern-gateway/postern/gateway"
)

// net/http begins no request where the framing that stands before it sees none.
func FuzzFraming(f *testing.F) {
	const get, head = "GET / HTTP/1.1\r\nHost: h\r\n\r\n", "POST / HTTP/1.1\r\nHost: h\r\n"
	const chunks = head + "Transfer-Encoding: chunked\r\n\r\n"
	for _, row := range smuggled {
		f.Add([]byte(head + row.head + "\r\n\r\n5\r\nhello\r\n0\r\n\r\n" + get))
	}
	for _, text := range []string{
		get + get, head + "Content-Length: 5\r\n\r\nhello" + get, "\r\n\n" + get, head + "X: y\n z\r\n \r\n\n" + get,
		"POST / HTTP/1.0\r\nContent-Length: 3\nContent-Length: 3\n\nabc\r\n" + get,
		chunks + "5;x=y\r\nhello\r\nA \t\r\n0123456789\r\n0\r\n\r\n" + get,
		chunks + "0\r\nX: y\r\n z\r\n\r\n" + get, chunks + "0\r\n\n" + get, chunks + "0\r\nX: y\n\n" + get,
		chunks + "1\nx\r\n0\r\n\r\n" + get, chunks + "1;\r\rx\r\n" + get, chunks + "ffffffffffffffff\r\n" + get,
		chunks + strings.Repeat("1;"+strings.Repeat("x", 90)+"\r\nx\r\n", 300) + "0\r\n\r\n" + get,
	} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		n, bounds := gateway.FollowHTTP(text)
		for _, at := range requestBounds(text[:n]) {
			if !slices.Contains(bounds, at) {
				t.Errorf("net/http ends a request at %d of %d bytes, the framing at %d", at, n, bounds)
			}
		}
	})
}

// requestBounds returns where the requests in text end, as net/http has it.
func requestBounds(text []byte) (bounds []int) {
	r := bytes.NewReader(text)
	b := bufio.NewReader(r)
	for {
		hr, err := http.ReadRequest(b)
		if err != nil {
			return bounds
		}
		if _, err := io.Copy(io.Discard, hr.Body); err != nil {
			return bounds
		}
		bounds = append(bounds, len(text)-r.Len()-b.Buffered())
		if hr.Method == "POST" {
			skipBlank(b)
		}
	}
}

// skipBlank is what net/http's server bears behind a POST.
func skipBlank(b *bufio.Reader) {
	next, _ := b.Peek(4)
	b.Discard(len(next) - len(bytes.TrimLeft(next, "\r\n")))
}
