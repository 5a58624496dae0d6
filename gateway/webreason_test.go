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

// A status that nobody has assigned keeps its backend's reason phrase on HTTP/1, on its own
// response alone; what looks like net/http's line in a body stays as it is.
func TestReasonPhrase(t *testing.T) {
	const like = "HTTP/1.1 299 status code 299\r\n"
	back := &gateway.Server{Handler: protocol.HandlerFunc(func(w protocol.ResponseWriter, r *protocol.Request) error {
		w.Header().Set("Content-Length", strconv.Itoa(len(like)+9000))
		switch r.Params.Get("PATH_INFO") {
		case "/299":
			w.Header().Set("Status", "299 Mostly Fine")
			w.WriteHeader(299)
		case "/none":
			w.WriteHeader(299)
		case "/hints":
			w.Header().Set("Link", "<x>")
			w.WriteHeader(http.StatusEarlyHints)
			w.Header().Set("Status", "299 Mostly Fine")
			w.WriteHeader(299)
		}
		_, err := io.WriteString(w, like+strings.Repeat("x", 9000))
		return err
	})}
	bl, dl := unix(t), unix(t)
	behind := serveSCGI(t, back, bl)
	serve(t, back, func() error { return back.ServeHTTP(dl) })
	front := &gateway.Server{Handler: &gateway.Proxy{Backend: behind}}
	fl := tcp(t)
	serve(t, front, func() error { return front.ServeHTTP(fl) })
	c, direct := dial(t, fl.Addr()), dial(t, dl.Addr())
	in, din := bufio.NewReader(c), bufio.NewReader(direct)
	for _, version := range []string{"1.1", "1.0"} {
		for path, want := range map[string]string{"/299": "299 Mostly Fine", "/200": "200 OK", "/none": "299 ", "/hints": "299 Mostly Fine"} {
			request := "GET " + path + " HTTP/" + version + "\r\nHost: h\r\nConnection: keep-alive\r\n\r\n"
			io.WriteString(c, request)
			io.WriteString(direct, request)
			for name, in := range map[string]*bufio.Reader{"by a proxy": in, "by HTTP": din} {
				res, err := http.ReadResponse(in, nil)
				for err == nil && res.StatusCode < 200 {
					res, err = http.ReadResponse(in, nil)
				}
				if err != nil {
					t.Fatal(err)
				}
				b, err := io.ReadAll(res.Body)
				if res.Status != want || res.Header["Status"] != nil || err != nil || !strings.HasPrefix(string(b), like) || len(b) != len(like)+9000 {
					t.Errorf("%s, HTTP/%s %s: %q %v, %d bytes, %v; want %q", name, version, path, res.Status, res.Header, len(b), err, want)
				}
			}
		}
	}
}
