package load

import (
	"context"
	"io"
	"net"
	"strings"
	"testing"

	"github.com/postern-gateway/postern/protocol"
	"github.com/postern-gateway/postern/scgi"
)

// TestRecord: both sides are there, of a browser's request that has a body.
func TestRecord(t *testing.T) {
	b := BrowserRequest{Path: "/count", Script: "/srv/count", ContentType: "text/plain", Body: 3}
	client := func(dial func(context.Context) (net.Conn, error)) protocol.RoundTripper {
		return &scgi.Client{Dial: dial}
	}
	request, response, err := Record(b.Request(), scgi.Protocol{}, client, protocol.HandlerFunc(func(w protocol.ResponseWriter, r *protocol.Request) error {
		body, err := io.ReadAll(r.Body)
		if err == nil {
			_, err = io.WriteString(w, r.Params.Get("REQUEST_METHOD")+" "+r.Params.Get("SCRIPT_FILENAME")+" "+string(body))
		}
		return err
	}))
	if err != nil {
		t.Fatal(err)
	}
	if s := string(request); !strings.Contains(s, "REQUEST_URI\x00/count?page=2&order=name\x00") || !strings.HasSuffix(s, ",xxx") {
		t.Errorf("the request is %q", s)
	}
	if s := string(response); !strings.HasSuffix(s, "\r\n\r\nPOST /srv/count xxx") {
		t.Errorf("the response is %q", s)
	}
	_, _, err = Record(b.Request(), scgi.Protocol{}, client, protocol.HandlerFunc(func(w protocol.ResponseWriter, r *protocol.Request) error {
		w.WriteHeader(404)
		return nil
	}))
	if err == nil || !strings.Contains(err.Error(), "status 404") {
		t.Errorf("a response that is not OK: %v", err)
	}
}
