package main

import (
	"bytes"
	"io"
	"log/slog"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/postern-gateway/postern/protocol"
)

// rpcCommandLine runs "postern rpc" with args, and returns what it prints and its exit status.
func rpcCommandLine(t *testing.T, in string, args ...string) (out, errs string, status int) {
	t.Helper()
	return commandLine(t, in, append([]string{"rpc"}, args...)...)
}

// commandLine runs "postern" with args, and returns what it prints and its exit status.
func commandLine(t *testing.T, in string, args ...string) (out, errs string, status int) {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	bin := filepath.Join(t.TempDir(), "postern")
	if err := os.Symlink(self, bin); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(bin, args...)
	var stdout, stderr bytes.Buffer
	cmd.Stdin, cmd.Stdout, cmd.Stderr = strings.NewReader(in), &stdout, &stderr
	cmd.Run()
	return stdout.String(), stderr.String(), cmd.ProcessState.ExitCode()
}

// A call that a bridge answers with status 200 though it has failed is logged as the command logs.
func TestRPCIsLogged(t *testing.T) {
	var said strings.Builder
	cfg := new(serveConfig)
	cfg.upstreams.to = []string{"demo:?rpc=1"}
	_, end, err := cfg.backend(slog.New(slog.NewJSONHandler(&said, nil)))
	if err != nil {
		t.Fatal(err)
	}
	defer end()
	const call = `{"jsonrpc":"2.0","method":"fail","id":1}`
	r := &protocol.Request{Params: protocol.Pairs("REQUEST_METHOD", "POST"), Body: io.NopCloser(strings.NewReader(call)), ContentLength: int64(len(call))}
	w := httptest.NewRecorder()
	if err := cfg.functions.JSONRPC().Serve(w, r); err != nil || !strings.Contains(w.Body.String(), "this function always fails") {
		t.Fatalf("%s, %v", w.Body, err)
	}
	if !strings.Contains(said.String(), `"msg":"call failed"`) {
		t.Errorf("%q is logged", said.String())
	}
}

// The demo's functions are called through the command, both ends of it.
func TestRPC(t *testing.T) {
	urls := startServe(t, 2, "--to", "demo:?handler=http&rpc=1", "--listen", "uwsgi://127.0.0.1:0", "--listen", "auto://127.0.0.1:0", "--log-level", "error")
	auto := strings.Replace(urls[1], "auto:", "uwsgi:", 1)
	file := filepath.Join(t.TempDir(), "f")
	if err := os.WriteFile(file, []byte("of a file\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, row := range []struct {
		text   string
		in     string
		args   []string
		out    string
		err    string // a part of the line on standard error; "" for none, and status 0
		status int
	}{
		{"hello", "", []string{urls[0], "hello"}, "Hello World", "", 0},
		{"beside other protocols", "", []string{auto, "hello"}, "Hello World", "", 0},
		{"raw", "", []string{"--raw", urls[0], "hello"}, "Hello World", "", 0},
		{"another node", "", []string{"--node", urls[0], "uwsgi+unix:/nobody", "hello"}, "Hello World", "", 0},
		{"arguments", "", []string{urls[0], "echo", "a", "", "--json", "c"}, "a||--json|c", "", 0},
		{"a file and standard input", "of in", []string{urls[0], "echo", "@" + file, "@-"}, "of a file\n|of in", "", 0},
		{"at signs", "", []string{"--literal", urls[0], "echo", "@home", "@-"}, "@home|@-", "", 0},
		{"254 arguments", "", append([]string{urls[0], "count"}, strings.Split(strings.Repeat("a", 254), "")...), "254", "", 0},
		{"a long result", "", []string{urls[0], "big", "1000000"}, strings.Repeat("x", 1000000), "", 0},
		{"an empty result", "", []string{urls[0], "empty"}, "", "", 0},
		{"a time", "", []string{urls[0], "sleep", "1"}, "slept for 1 ms", "", 0},
		{"JSON", "", []string{"--json", urls[0], "echo", "a"}, `{"ok":true,"text":"a"}` + "\n", "", 0},
		{"JSON of an empty result", "", []string{"--json", urls[0], "empty"}, `{"ok":true,"text":""}` + "\n", "", 0},
		{"JSON of bytes", "\xff", []string{"--json", urls[0], "echo", "@-"}, `{"ok":true,"base64":"/w=="}` + "\n", "", 0},
		{"JSON of an error", "", []string{"--json", urls[0], "nobody"},
			`{"ok":false,"status":404,"error":"rpc \"nobody\": 404 Not Found: no function of that name is registered"}` + "\n", "404 Not Found", 1},
		{"the names", "", []string{"--list", urls[0]},
			"big\ncount\necho\nempty\nfail\nhello\npanic\nsleep\nsystem.listMethods\nsystem.methodHelp\nsystem.methodSignature\n", "", 0},

		{"an unknown function", "", []string{urls[0], "nobody"}, "", `postern: rpc "nobody": 404 Not Found: no function of that name is registered`, 1},
		{"a failure", "", []string{urls[0], "fail"}, "", `postern: rpc "fail": 500 Internal Server Error: this function always fails`, 1},
		{"a panic", "", []string{urls[0], "panic"}, "", `500 Internal Server Error`, 1},
		{"255 arguments", "", append([]string{urls[0], "count"}, strings.Split(strings.Repeat("a", 255), "")...), "", `uwsgi: rpc "count": too large: 255 > 254 arguments`, 1},
		{"an argument of 65,536 bytes", strings.Repeat("a", 70000), []string{urls[0], "count", "@-"}, "", "65536 > 65535 bytes in argument 1", 1},
		{"standard input twice", "in", []string{urls[0], "echo", "@-", "a", "@-"}, "", "argument 3: @- is standard input, which an argument before has taken", 2},
		{"a file that is not there", "", []string{urls[0], "count", "a", "@/nobody"}, "", "argument 2: open /nobody", 1},
		{"a long result beyond the limit", "", []string{"--max-answer", "10", urls[0], "hello"}, "", "too large: 11 > 10 bytes", 1},
		{"a time that is over", "", []string{"--timeout", "1s", urls[0], "sleep", "60000"}, "", "deadline exceeded", 1},
		{"nobody listens", "", []string{"uwsgi+unix:/nobody", "hello"}, "", "connect: upstream: dial unix /nobody", 1},
		{"another protocol", "", []string{"http://127.0.0.1:80", "hello"}, "", "RPC goes over uwsgi", 2},
		{"no server", "", nil, "", "no server: say postern rpc URL NAME", 2},
		{"no function", "", []string{urls[0]}, "", "no function: say postern rpc URL NAME", 2},
	} {
		out, errs, status := rpcCommandLine(t, row.in, row.args...)
		if out != row.out || status != row.status || row.err == "" && errs != "" || !strings.Contains(errs, row.err) {
			t.Errorf("%s: %.200q, %q, status %d", row.text, out, errs, status)
		}
	}
}
