package gateway_test

import (
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/postern-gateway/postern/gateway"
	"github.com/postern-gateway/postern/internal/netio/netiotest"
	"github.com/postern-gateway/postern/protocol"
)

// A target with a scheme and a host gives the variables that nginx gives: the path as REQUEST_URI,
// the host that it names (RFC 9112 section 3.2.2). A client on a Unix socket has a REMOTE_ADDR as
// well.
func TestAbsoluteFormTarget(t *testing.T) {
	s := &gateway.Server{Handler: protocol.HandlerFunc(func(w protocol.ResponseWriter, r *protocol.Request) error {
		p := r.Params
		_, err := io.WriteString(w, strings.Join([]string{p.Get("REQUEST_URI"), p.Get("PATH_INFO"), p.Get("HTTP_HOST"), r.Host(), p.Get("REMOTE_ADDR")}, " "))
		return err
	})}
	for _, l := range []net.Listener{tcp(t), unix(t)} {
		serve(t, s, func() error { return s.ServeHTTP(l) })
		for target, want := range map[string]string{
			"http://a.test/a%20b?q": "/a%20b?q /a b a.test a.test 127.0.0.1",
			"http://a.test:81":      "/ / a.test:81 a.test:81 127.0.0.1",
			"https://a.test/?q":     "/?q / a.test a.test 127.0.0.1",
			"/a?b=http://c/":        "/a?b=http://c/ /a h h 127.0.0.1",
		} {
			c := dial(t, l.Addr())
			io.WriteString(c, "GET "+target+" HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n")
			b, err := io.ReadAll(c)
			if _, body, _ := strings.Cut(string(b), "\r\n\r\n"); body != want {
				t.Errorf("%s: %q, %v, want %q", target, b, err, want)
			}
		}
	}
}

// What a peer got wrong is its fault, not the server's: a broken chunk was a 500. A tunnel and
// HTTP/2's preface ask for no resource.
func TestWhatHTTPRefuses(t *testing.T) {
	called := make(chan string, 10)
	s := &gateway.Server{Handler: protocol.HandlerFunc(func(w protocol.ResponseWriter, r *protocol.Request) error {
		called <- r.Params.Get("REQUEST_METHOD")
		_, err := io.Copy(io.Discard, r.Body)
		return err
	})}
	l := tcp(t)
	serve(t, s, func() error { return s.ServeHTTP(l) })
	const post = "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n"
	for _, row := range []struct{ request, status string }{
		{post + "zz\r\nhello\r\n0\r\n\r\n", "400"},
		{post + "5\r\nhelloXX0\r\n\r\n", "400"},
		{post + strings.Repeat("1", 20) + "\r\n", "400"},
		{post + "5;" + strings.Repeat("x", 5000) + "\r\n", "400"},
		{"CONNECT h:80 HTTP/1.1\r\nHost: h:80\r\n\r\n", "501"},
		{"PRI / HTTP/1.1\r\nHost: h\r\n\r\n", "501"},
	} {
		c := dial(t, l.Addr())
		io.WriteString(c, row.request)
		b, err := io.ReadAll(c) // a reset may follow the answer: the rest is unread
		if !strings.HasPrefix(string(b), "HTTP/1.1 "+row.status+" ") {
			t.Errorf("%.60q: %.80q, %v; want %s", row.request, b, err, row.status)
		}
	}
	close(called)
	for method := range called {
		if method != "POST" {
			t.Errorf("%s has reached the handler", method)
		}
	}
}

// Where two could read a request's length in two ways, what one takes for its body is the other's
// next request. net/http serves most of these: it forgets a Content-Length beside
// Transfer-Encoding, and Transfer-Encoding in HTTP/1.0.
var smuggled = []struct{ name, head, status string }{
	{"both", "Content-Length: 5\r\nTransfer-Encoding: chunked", "400"},
	{"both, the other way round", "Transfer-Encoding: chunked\r\nContent-Length: 5", "400"},
	{"both, in capitals and apart", "TRANSFER-ENCODING: Chunked\r\nX: y\r\ncontent-length:5", "400"},
	{"both, no body", "Content-Length: 0\r\nTransfer-Encoding: chunked", "400"},
	{"both, LF alone", "Content-Length: 5\nTransfer-Encoding: chunked\nX: y", "400"},
	{"both, a coding unknown", "Content-Length: 5\r\nTransfer-Encoding: gzip, chunked", "400"},
	{"space before the colon", "Transfer-Encoding : chunked", "400"},
	{"tab before the colon", "Transfer-Encoding\t: chunked", "400"},
	{"vertical tab before the name", "\x0bTransfer-Encoding: chunked", "400"},
	{"underscore", "Transfer_Encoding: chunked", "400"},
	{"underscore beside a length", "Transfer_Encoding: chunked\r\nContent-Length: 5", "400"},
	{"dot", "Transfer.Encoding: chunked", "400"},
	{"no hyphen", "TransferEncoding: chunked", "400"},
	{"two hyphens", "Transfer--Encoding: chunked", "400"},
	{"no colon", "Transfer-Encoding chunked", "400"},
	{"folded into its value", "Transfer-Encoding:\r\n chunked", "400"},
	{"folded behind its value", "Transfer-Encoding: chunked\r\n\t", "400"},
	{"folded into another's value", "X: y\r\n Transfer-Encoding: chunked", "400"},
	{"a length folded", "Content-Length:\r\n 5", "400"},
	{"behind a bare CR", "X: y\rTransfer-Encoding: chunked", "400"},
	{"twice", "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked", "400"},
	{"twice, one is none", "Transfer-Encoding: identity\r\nTransfer-Encoding: chunked", "400"},
	{"xchunked", "Transfer-Encoding: xchunked", "400"},
	{"chunked x", "Transfer-Encoding: chunked x", "400"},
	{"quoted", "Transfer-Encoding: \"chunked\"", "400"},
	{"identity", "Transfer-Encoding: identity", "400"},
	{"empty", "Transfer-Encoding:", "400"},
	{"chunked, identity", "Transfer-Encoding: chunked, identity", "400"},
	{"chunked, chunked", "Transfer-Encoding: chunked, chunked", "400"},
	{"an empty element before", "Transfer-Encoding: ,chunked", "400"},
	{"an empty element behind", "Transfer-Encoding: chunked,", "400"},
	{"vertical tab before chunked", "Transfer-Encoding: \x0bchunked", "400"},
	{"NUL behind chunked", "Transfer-Encoding: chunked\x00", "400"},
	{"a parameter", "Transfer-Encoding: chunked;q=1", "400"},
	{"far behind the colon", "Transfer-Encoding:" + strings.Repeat(" ", 5000) + "chunked, identity", "400"},
	// RFC 9112 6.1: unknown, but it has an end
	{"gzip, chunked", "Transfer-Encoding: gzip, chunked", "501"},
	{"a plus", "Content-Length: +5", "400"},
	{"two lengths", "Content-Length: 5\r\nContent-Length: 6", "400"},
	{"two lengths in one", "Content-Length: 5, 5", "400"},
	{"a length without digits", "Content-Length:", "400"},
	{"too long a length", "Content-Length: 18446744073709551621", "400"},
}

func TestNothingIsSmuggled(t *testing.T) {
	for _, row := range smuggled {
		t.Run(row.name, func(t *testing.T) { refusedAlone(t, "HTTP/1.1", row.head, row.status) })
	}
	for _, head := range []string{"Transfer-Encoding: chunked", "Transfer-Encoding: identity", "Connection: keep-alive\r\nTransfer-Encoding: chunked"} {
		t.Run("HTTP/1.0", func(t *testing.T) { refusedAlone(t, "HTTP/1.0", head, "400") })
	}
}

// refusedAlone sends a request of this head behind one that is right, and one more as its body: the
// second answer is the last, and comes however the bytes arrive.
func refusedAlone(t *testing.T, version, head, status string) {
	const first = "POST /first HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n5;x=y\r\nhello\r\n0\r\nX: y\r\n\r\n" +
		"POST /first HTTP/1.1\r\nHost: h\r\nContent-Length: 61\r\n\r\nPOST /in HTTP/1.1\r\nTransfer-Encoding: x\r\nContent-Length: 5\r\n\r\n"
	second := "POST /second " + version + "\r\nHost: h\r\n" + head + "\r\n\r\n0\r\n\r\nGET /smuggled HTTP/1.1\r\nHost: h\r\n\r\n"
	for _, piece := range []int{1, 7, 4096, 1 << 20} {
		synctest.Test(t, func(t *testing.T) { // net/http waits a while before it closes
			var called []string
			s := &gateway.Server{Handler: protocol.HandlerFunc(func(w protocol.ResponseWriter, r *protocol.Request) error {
				called = append(called, r.Params.Get("REQUEST_URI"))
				_, err := io.Copy(io.Discard, r.Body)
				return err
			})}
			got := converse(t, s, first+second, piece)
			if want := []string{"/first", "/first"}; !slices.Equal(called, want) {
				t.Errorf("pieces of %d: served %q", piece, called)
			}
			if want := []string{"200", "200", status}; !slices.Equal(got, want) {
				t.Errorf("pieces of %d: answers %q; want %q", piece, got, want)
			}
		})
	}
}

// For a handler that reads and writes at once net/http takes what follows a broken chunk for the
// next request.
func TestBrokenBodyHasNoNextRequest(t *testing.T) {
	const smuggled = "GET /smuggled HTTP/1.1\r\nHost: h\r\n\r\n"
	long := fmt.Sprintf("%x;%s\r\n%s\r\n", len(smuggled), strings.Repeat("x", 1000), smuggled)
	for name, body := range map[string]string{
		"size":            "zz\r\n" + smuggled,
		"end":             "1\r\nx" + smuggled,
		"extensions":      strings.Repeat(long, 100),
		"extension":       "25;" + strings.Repeat("x", 4093) + "GET /smuggled HTTP/1.1\r\nHost: h\r\n\r\n",
		"trailer":         "0\r\n" + smuggled,
		"longest trailer": "0\r\nGET http://h/ HTTP/1.1\r\nHost: h\r\nX:" + strings.Repeat("x", 5000) + "\r\n\r\n",
	} {
		for _, reads := range []bool{false, true} {
			synctest.Test(t, func(t *testing.T) {
				var called int
				s := &gateway.Server{Handler: protocol.HandlerFunc(func(w protocol.ResponseWriter, r *protocol.Request) error {
					called++
					control := http.NewResponseController(w)
					control.EnableFullDuplex()
					control.Flush()
					if reads {
						io.Copy(io.Discard, r.Body)
					}
					return nil
				})}
				got := converse(t, s, "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n"+body+"\r\n"+smuggled, 1<<20)
				if called != 1 || len(got) == 0 || got[0] != "200" {
					t.Errorf("%s, read: %v: served %d, answers %q", name, reads, called, got)
				}
			})
		}
	}
}

// converse sends text in pieces to s and returns the statuses of the answers, when the connection
// has ended.
func converse(t *testing.T, s *gateway.Server, text string, piece int) (statuses []string) {
	t.Helper()
	l := pipe(t)
	s.Log = slog.New(slog.DiscardHandler)
	serve(t, s, func() error { return s.ServeHTTP(l) })
	c, err := l.(*netiotest.Pipes).Dial(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	go func() {
		for part := range slices.Chunk([]byte(text), piece) {
			c.Write(part)
		}
	}()
	b, _ := io.ReadAll(c)
	for line := range strings.Lines(string(b)) {
		var status string
		if n, _ := fmt.Sscanf(line, "HTTP/1.1 %s", &status); n == 1 {
			statuses = append(statuses, status)
		}
	}
	return statuses
}
