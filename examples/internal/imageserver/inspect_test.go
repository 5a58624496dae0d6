package imageserver

import (
	"io"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"

	"github.com/postern-gateway/postern/protocol"
)

// ask has the image server answer a request that came by a protocol.
func ask(t *testing.T, r *protocol.Request) string {
	t.Helper()
	h := protocol.HandlerFunc(func(w protocol.ResponseWriter, served *protocol.Request) error {
		return protocol.FromHTTP(Handler()).Serve(w, r.WithContext(served.Context()))
	})
	rec := httptest.NewRecorder()
	protocol.ToHTTP(h).ServeHTTP(rec, httptest.NewRequest("GET", "/", nil))
	if rec.Code != 200 {
		t.Errorf("%d", rec.Code)
	}
	return rec.Body.String()
}

func TestInspect(t *testing.T) {
	params := protocol.Pairs("REQUEST_METHOD", "POST", "PATH_INFO", "/inspect", "LANG", "C", "HTTP_X", "a\x1b")
	for _, row := range []struct {
		name string
		r    *protocol.Request
		want string
	}{
		{"all variables, and a body in pieces",
			&protocol.Request{Protocol: "scgi", Params: params, Body: iotest.OneByteReader(strings.NewReader("hi")), ContentLength: 2},
			"by scgi\n\nREQUEST_METHOD=POST\nPATH_INFO=/inspect\nLANG=C\nHTTP_X=a\\x1b\n\n" +
				"body at 0, 1 bytes: h\nbody at 1, 1 bytes: i\nbody ends at 2\n"},
		{"by CGI those of the request alone, and a body that is cut",
			&protocol.Request{Protocol: "cgi", Params: params, Body: iotest.TimeoutReader(iotest.OneByteReader(strings.NewReader("hi"))), ContentLength: 2},
			"by cgi\n\nREQUEST_METHOD=POST\nPATH_INFO=/inspect\nHTTP_X=a\\x1b\n\nbody at 0, 1 bytes: h\nbody breaks off at 1: timeout\n"},
		{"no body", &protocol.Request{Protocol: "scgi", Params: params[:2], Body: strings.NewReader("")},
			"by scgi\n\nREQUEST_METHOD=POST\nPATH_INFO=/inspect\n\nbody ends at 0\n"},
	} {
		if diff := cmp.Diff(row.want, ask(t, row.r)); diff != "" {
			t.Errorf("%s: %s", row.name, diff)
		}
	}
}

// A server of net/http's own has no variables: they are made.
func TestInspectWithoutAProtocol(t *testing.T) {
	rec := httptest.NewRecorder()
	Handler().ServeHTTP(rec, httptest.NewRequest("GET", "/inspect?a=b", nil))
	if got := rec.Body.String(); !strings.Contains(got, "QUERY_STRING=a=b\n") {
		t.Errorf("got %s", got)
	}
}

func TestPage(t *testing.T) {
	got := ask(t, &protocol.Request{Params: protocol.Pairs("REQUEST_METHOD", "GET"), Body: io.LimitReader(nil, 0)})
	if !strings.Contains(got, `name="image_data"`) {
		t.Errorf("no form: %s", got)
	}
}
