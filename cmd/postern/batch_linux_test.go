package main

import (
	"io"
	"net/http"
	"os"
	"path/filepath"
	"testing"
)

// Scripts are batch work, unless it is said otherwise; field 41 of proc_pid_stat(5) tells.
func TestServeInBatch(t *testing.T) {
	script := filepath.Join(t.TempDir(), "policy.cgi")
	text := "#!/bin/sh\nset -- $(cat /proc/$$/stat)\nprintf 'X: 1\\n\\npolicy %s' ${41}\n"
	if err := os.WriteFile(script, []byte(text), 0o755); err != nil {
		t.Fatal(err)
	}
	for _, row := range []struct {
		args []string
		want string
	}{{nil, "policy 3"}, {[]string{"--no-batch"}, "policy 0"}} {
		url := startServe(t, 1, append(row.args, "--listen", "http://127.0.0.1:0", "--to", "cgi:"+script)...)[0]
		res, err := http.Get(url)
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(res.Body)
		res.Body.Close()
		if err != nil || string(body) != row.want {
			t.Errorf("with %q: %d %q, %v, want %q", row.args, res.StatusCode, body, err, row.want)
		}
	}
}
