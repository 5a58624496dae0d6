package main

import (
	"net"
	"strings"
	"testing"
)

// TestProbe has the exit statuses of the command.
func TestProbe(t *testing.T) {
	urls := startServe(t, 1, "--to", "demo:", "--listen", "auto://127.0.0.1:0", "--log-level", "error")
	l, err := net.Listen("tcp", "127.0.0.1:0") // whose backlog takes what nobody accepts
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	address := strings.TrimPrefix(urls[0], "auto")
	for _, row := range []struct {
		args   []string
		out    string // a part of it
		status int
	}{
		{[]string{"fastcgi" + address}, "ok fastcgi" + address + " get-values ", 0},
		{[]string{"uwsgi" + address}, "ok uwsgi" + address + " uwsgi-ping ", 0},
		{[]string{"scgi" + address}, " connect ", 0},
		{[]string{"http" + address}, " request status=200 ", 0},
		{[]string{"http" + address + "/status?code=503"}, "the status is 503", 1},
		{[]string{"fastcgi" + address + "/vars", "--json"}, `"facts":{"status":200}`, 0},
		{[]string{"fastcgi://" + l.Addr().String(), "--timeout", "1"}, "it accepted the connection and has said nothing within", 1},
		{[]string{"gopher" + address}, "", 2},
	} {
		out, errs, status := commandLine(t, "", append([]string{"probe"}, row.args...)...)
		if !strings.Contains(out, row.out) || status != row.status || (status == 2) == (errs == "") {
			t.Errorf("%q: %q, %q, status %d", row.args, out, errs, status)
		}
	}
}
