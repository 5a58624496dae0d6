package route_test

import (
	"context"
	"errors"
	"net/http"
	"testing"

	"github.com/postern-gateway/postern/gateway/route"
	"github.com/postern-gateway/postern/protocol"
)

// What the actions of uWSGI's RPC do, one by one, with where we differ deliberately.
func TestCallActions(t *testing.T) {
	functions := functions{
		"hello": says("Hello World"), "empty": says(""), "fail": local["fail"], "echo": local["echo"],
		"http":     says("HTTP/1.1 201 Created\r\nX-A: b\r\nConnection: close\r\nContent-Length: 4\r\n\r\nbody"),
		"nobody":   says("HTTP/1.0 204 No Content\n\n"),
		"short":    says("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nbody"),
		"cgi":      says("Status: 201 Created\r\n\r\nbody"),
		"lf":       says("HTTP/1.0 203 Other\nX: y\n\nbody"),
		"bodyonly": says("\r\nbody"),
		"headless": says("HTTP/1.1 200 OK\r\nX: y\r\n"),
		"interim":  says("HTTP/1.1 100 Continue\r\n\r\n"),
		"split":    says("HTTP/1.1 200 OK\r\nX y\r\n\r\n"),
	}
	env := &route.Environment{Local: functions}
	for _, row := range []struct {
		name, rules string
		status      int // of the answer, or of the error
		body        string
		differs     string // from uWSGI, and how
	}{
		{"rpc sends 200 and the result", "route-run = rpc:hello", 200, "Hello World", ""},
		{"call likewise", "route-run = call:hello", 200, "Hello World", ""},
		{"rpc is a break", "route-run = rpc:hello\nroute-run = send:x", 200, "Hello World", ""},
		{"rpc of an unknown function", "route-run = rpc:nobody2", 502, "", "uWSGI sends no byte, which fronts answer 502"},
		{"rpc of one that fails", "route-run = rpc:fail", 502, "", "likewise"},
		{"rpc without a result", "route-run = rpc:empty", 200, "", "uWSGI sends no byte"},
		{"rpc of an unknown function is a break", "route-run = rpc:nobody2\nroute-run = send:x", 502, "", "likewise"},

		{"rpcnext is next, and results follow one another", "route-run = rpcnext:hello\nroute-run = rpcblob:echo a b\nroute-run = rpcnext:hello", 200, "Hello Worlda|bHello World", ""},
		{"rpcnext without a result", "route-run = rpcnext:hello\nroute-run = rpcnext:empty\nroute-run = send:x", 200, "Hello Worldx", "uWSGI breaks off"},
		{"rpcnext that fails", "route-run = rpcnext:fail\nroute-run = send:x", 502, "", "uWSGI sends no byte"},
		{"an answer that has begun does not go on to the handler", "route-run = rpcnext:hello", 200, "Hello World", "uWSGI's handler adds to it"},

		{"rpcraw is a response", "route-run = rpcraw:http\nroute-run = send:x", 201, "body", ""},
		{"rpcraw without a body", "route-run = rpcraw:nobody", 204, "", ""},
		{"rpcraw of nothing is next", "route-run = rpcraw:empty\nroute-run = send:x", 200, "x", "uWSGI breaks off where the function is local"},
		{"rpcraw of what is no response", "route-run = rpcraw:hello", 502, "", "uWSGI sends no byte"},
		{"rpcraw of CGI's head", "route-run = rpcraw:cgi", 201, "body", ""},
		{"rpcraw of lines that end in LF", "route-run = rpcraw:lf", 203, "body", "uWSGI sends no byte"},
		{"rpcraw of no head", "route-run = rpcraw:bodyonly", 502, "", ""},
		{"rpcraw of no whole head", "route-run = rpcraw:headless", 502, "", ""},
		{"rpcraw of a head with a bad line", "route-run = rpcraw:split", 502, "", ""},
		{"rpcraw of an interim head", "route-run = rpcraw:interim", 502, "", ""},
		{"rpcraw of a body that is too short", "route-run = rpcraw:short", 502, "", "uWSGI sends it"},
		{"rpcraw that fails", "route-run = rpcraw:fail", 502, "", "uWSGI sends no byte"},

		{"rpcvar sets a variable, and is next", "route-run = rpcvar:X echo a b\nroute-run = send:<${X}>", 200, "<a|b>", ""},
		{"rpcvar without a result", "route-run = rpcvar:X empty\nroute-run = send:<${X}>", 200, "<>", ""},
		{"rpcvar that fails", "route-run = rpcvar:X fail\nroute-run = send:<${X}>", 200, "<>", ""},
		{"rpcvar of an unknown function", "route-run = addvar:X=y\nroute-run = rpcvar:X nobody2\nroute-run = send:<${X}>", 200, "<>", ""},

		{"rpcret that fails", "route-run = rpcret:fail\nroute-run = send:x", 502, "", "uWSGI sends no byte"},
		{"rpcret of an unknown function", "route-run = rpcret:nobody2\nroute-run = send:x", 502, "", "likewise"},
		{"rpcret without a result", "route-run = rpcret:empty\nroute-run = send:x", 502, "", "uWSGI sends no byte"},
	} {
		check(t, tableOf(t, env, row.rules, next()), row.name, row.status, row.body)
	}
}

// The results of rpcret: what the function says, and what comes of it.
func TestResultsOfCalls(t *testing.T) {
	const none = -1 // nothing is sent, and the connection ends
	functions := make(functions)
	env := &route.Environment{Local: functions}
	for _, row := range []struct {
		result  string
		status  int
		body    string
		differs string
	}{
		{"next", 200, "x", ""},
		{"continue", 200, "next", ""},
		{"break", none, "", ""},
		{"break 403 Forbidden", 403, "", ""},
		{"break:404", 404, "", ""},
		{"break 4", 502, "", "uWSGI sends no byte"},
		{"break x", 502, "", "uWSGI sends it as a status"},
		{"breakx", none, "", ""},
		{"goto there", 200, "y", ""},
		{"goto nowhere", 500, "", "uWSGI sends no byte"},
		{"goto back", 500, "", "likewise"},
		{"goto ", 500, "", "likewise"},
		{"goto", 200, "next", ""},
		{"goon", 200, "next", ""}, // which uWSGI's documentation has, and its program has not
		{"nextx", 200, "next", ""},
		{"next\n", 200, "next", ""},
		{"Next", 200, "next", ""},
		{"garbage", 200, "next", ""},
	} {
		functions["ret"] = says(row.result)
		table := tableOf(t, env, "route-label = back\nroute-run = rpcret:ret\nroute-run = send:x\nroute = . break:\nroute-label = there\nroute-run = send:y", next())
		check(t, table, "rpcret of "+row.result, row.status, row.body)
	}
}

// check asks a table for "/", and compares the status of the answer or of the error. -1 is none.
func check(t *testing.T, table protocol.Handler, name string, status int, body string) {
	t.Helper()
	a := get(t, table, "/")
	got := a.status
	switch {
	case errors.Is(a.err, http.ErrAbortHandler):
		got = -1
	case a.err != nil:
		got = protocol.Status(a.err)
	}
	if got != status || a.body != body {
		t.Errorf("%s: %d %q, %v; want %d %q", name, got, a.body, a.err, status, body)
	}
}

// The head of a call's answer: no Content-Type, and nothing of the connection of a whole response.
func TestHeadsOfCalls(t *testing.T) {
	functions := functions{"http": says("HTTP/1.1 201 Created\r\nX-A: b\r\nX-A: c\r\nConnection: X-B\r\nX-B: d\r\nTransfer-Encoding: x\r\nContent-Length: 4\r\n\r\nbody")}
	a := get(t, tableOf(t, &route.Environment{Local: functions}, "route-run = addheader:X-C: e\nroute-run = rpcraw:http", nil), "/")
	if v := a.header; a.err != nil || v.Get("X-C") != "e" || len(v["X-A"]) != 2 || len(v) != 4 || v.Get("Content-Length") != "4" || v["Content-Type"] != nil {
		t.Errorf("%v, %v", v, a.err)
	}
}

// A call that the caller has taken back is that, and one that a node is too busy for says so.
func TestFailuresOfCalls(t *testing.T) {
	for name, row := range map[string]struct {
		err    error
		status int
	}{
		"too much runs":    {&protocol.Error{Kind: protocol.ErrTooLarge, Status: 503}, 503},
		"a time is over":   {&protocol.Error{Kind: protocol.ErrUpstream, Err: context.DeadlineExceeded}, 504},
		"the client left":  {protocol.ErrGone, 400},
		"a panic":          {&protocol.PanicError{Value: "x"}, 500},
		"forbidden":        {&protocol.Error{Kind: protocol.ErrForbidden}, 502},
		"anything else":    {errors.New("x"), 502},
		"too many a bytes": {&protocol.Error{Kind: protocol.ErrTooLarge}, 502},
	} {
		f := functions{"f": func(...string) (string, error) { return "", row.err }}
		for _, action := range []string{"rpc", "rpcnext", "rpcraw", "rpcret"} {
			check(t, tableOf(t, &route.Environment{Local: f}, "route-run = "+action+":f", nil), action+": "+name, row.status, "")
		}
	}
}
