package gateway_test

import (
	"bufio"
	"io"
	"net/http"
	"strconv"
	"strings"
	"testing"

	"github.com/postern-gateway/postern/gateway"
	"github.com/postern-gateway/postern/protocol"
)

// The head of a response of which the handler says nothing is the same whoever makes it: net/http
// does that of small bodies.
func TestHeadNobodyMade(t *testing.T) {
	s := &gateway.Server{Handler: protocol.HandlerFunc(func(w protocol.ResponseWriter, r *protocol.Request) error {
		size, _ := strconv.Atoi(r.Params.Get("QUERY_STRING"))
		_, err := io.WriteString(w, "<p>"+strings.Repeat("x", size-len("<p>")))
		return err
	})}
	l := tcp(t)
	serve(t, s, func() error { return s.ServeHTTP(l) })
	c := dial(t, l.Addr())
	in := bufio.NewReader(c)
	for _, method := range []string{"GET", "HEAD"} {
		for _, version := range []string{"1.1", "1.0"} {
			for _, size := range []int{3, 100, 2047, 2048, 2049, 4096} {
				io.WriteString(c, method+" /?"+strconv.Itoa(size)+" HTTP/"+version+"\r\nHost: h\r\nConnection: keep-alive\r\n\r\n")
				res, err := http.ReadResponse(in, &http.Request{Method: method})
				if err != nil {
					t.Fatal(err)
				}
				b, err := io.ReadAll(res.Body)
				if res.StatusCode != 200 || res.ContentLength != int64(size) || res.Header.Get("Content-Type") != "text/html; charset=utf-8" ||
					len(res.TransferEncoding) > 0 || err != nil || method == "GET" && len(b) != size {
					t.Errorf("%s, HTTP/%s, %d bytes: %v, %d bytes, %v", method, version, size, res, len(b), err)
				}
			}
		}
	}
}
