package fastcgi

import (
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/postern-gateway/postern/protocol"
)

// usualParams is as much as HAProxy sends for a request.
func usualParams(id, n int) string {
	const head = "BEGIN_REQUEST %[1]d RESPONDER KEEP_CONN\n" +
		`PARAMS %[1]d REQUEST_METHOD="POST" REQUEST_URI="/%[1]d" CONTENT_LENGTH="%[2]d" DOCUMENT_ROOT="/" ` +
		`SCRIPT_NAME="/%[1]d" PATH_INFO="" SCRIPT_FILENAME="/%[1]d" QUERY_STRING="" ` +
		`REMOTE_ADDR="127.0.0.1" REMOTE_PORT="60000" SERVER_NAME="127.0.0.1" SERVER_PORT="60001" ` +
		`SERVER_PROTOCOL="HTTP/1.1" SERVER_SOFTWARE="HAProxy" GATEWAY_INTERFACE="CGI/1.1" ` +
		`HTTP_HOST="127.0.0.1:60001" HTTP_USER_AGENT="Go-http-client/1.1" HTTP_ACCEPT_ENCODING="gzip"` +
		"\nPARAMS %[1]d end\n"
	return fmt.Sprintf(head, id, n)
}

// TestWhatFCGIMaxReqsSaysFits: a connection takes so many requests at once, of a usual size, while
// an answer that began when it was alone waits in memory.
func TestWhatFCGIMaxReqsSaysFits(t *testing.T) {
	entered, release := make(chan bool), make(chan bool)
	f := serve(t, Protocol{}, nil, func(w protocol.ResponseWriter, r *protocol.Request) error {
		if r.Params.Get("REQUEST_URI") != "/1" {
			return echoSum(w, r)
		}
		if _, err := io.Copy(w, r.Body); err != nil {
			return err
		}
		_, err := io.Copy(w, readerFunc(func([]byte) (int, error) {
			entered <- true
			<-release
			return 0, io.EOF
		}))
		return err
	})
	f.say(`GET_VALUES 0 FCGI_MAX_REQS=""`)
	line, err := f.heard()
	if err != nil {
		t.Fatal(err)
	}
	var n int
	if _, err := fmt.Sscanf(line, `GET_VALUES_RESULT 0 FCGI_MAX_REQS="%d"`, &n); err != nil || n < 2 {
		t.Fatalf("heard %q", line)
	}

	first := randomBytes(50_000)
	f.say(usualParams(1, len(first)))
	f.sendBody(1, first)
	var taken strings.Builder
	for taken.Len() < len(first) {
		_, content, err := f.record()
		if err != nil {
			t.Fatal(err)
		}
		taken.Write(content)
	}
	<-entered
	for id := 2; id <= n; id++ {
		f.say(usualParams(id, 20_000))
	}
	for id := 2; id <= n; id++ {
		f.sendBody(id, randomBytes(20_000))
	}
	stdout, _ := f.answers(n - 1)
	for id := 2; id <= n; id++ {
		if want := sum(randomBytes(20_000)); !strings.HasSuffix(stdout[uint16(id)], want) {
			t.Errorf("request %d of %d was answered %.100q", id, n, stdout[uint16(id)])
		}
	}
	release <- true
	f.answer(1)
}

type readerFunc func([]byte) (int, error)

func (f readerFunc) Read(p []byte) (int, error) { return f(p) }
