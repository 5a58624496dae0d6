package rpc

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/postern-gateway/postern/internal/netio/netiotest"
	"github.com/postern-gateway/postern/protocol"
)

// Only POST calls, but by the path as uWSGI has it.
func TestMethodsThatCall(t *testing.T) {
	var log netiotest.Log
	r := bridgedFunctions(&log)
	for _, row := range []struct {
		name, path, contentType, body string
		handler                       protocol.Handler
		any                           bool // method calls
	}{
		{"HTTP", "/hello", "", "", r.HTTP(), false},
		{"XML-RPC", "/", "text/xml", xmlCall("hello"), r.XMLRPC(), false},
		{"JSON-RPC", "/", "application/json", `{"jsonrpc":"2.0","method":"hello","id":1}`, r.JSONRPC(), false},
		{"Path", "/hello", "", "", r.Path(), true},
	} {
		srv := httptest.NewServer(protocol.ToHTTP(row.handler))
		for _, method := range []string{"GET", "HEAD", "PUT", "DELETE", "OPTIONS", "POST"} {
			req, err := http.NewRequestWithContext(t.Context(), method, srv.URL+row.path, strings.NewReader(row.body))
			if err != nil {
				t.Fatal(err)
			}
			req.Header.Set("Content-Type", row.contentType)
			res, err := srv.Client().Do(req)
			if err != nil {
				t.Fatal(err)
			}
			b, _ := io.ReadAll(res.Body)
			res.Body.Close()
			status, allow := 405, "POST"
			if row.any || method == "POST" {
				status, allow = 200, ""
			}
			if res.StatusCode != status || res.Header.Get("Allow") != allow || strings.Contains(string(b), "Hello World") != (status == 200 && method != "HEAD") {
				t.Errorf("%s %s: %d, Allow %q, %q; want %d, %q", method, row.name, res.StatusCode, res.Header.Get("Allow"), b, status, allow)
			}
		}
		srv.Close()
	}
}
