package endpoint_test

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/postern-gateway/postern/cgi"
	"github.com/postern-gateway/postern/fastcgi"
	"github.com/postern-gateway/postern/gateway/endpoint"
)

// Sizes and durations are written as people write them, and none is no limit, whatever value the
// client's field has for that.
func TestUnitsOfOptions(t *testing.T) {
	for _, row := range []struct {
		options     string
		maxAge      time.Duration
		maxOpen     int
		first, read time.Duration
	}{
		{"", 0, 0, 0, 0},
		{"?max-age=90&max-open=4&first-byte-timeout=5&read-timeout=1m30s", 90 * time.Second, 4, 5 * time.Second, 90 * time.Second},
		{"?max-age=none&max-open=none&first-byte-timeout=none&read-timeout=none", 0, 0, -1, -1},
		{"?max-age=0&max-open=0&first-byte-timeout=0&read-timeout=-1s", 0, 0, -1, -1},
	} {
		c, err := endpoint.NewClient("fastcgi://127.0.0.1:9"+row.options, nil)
		if err != nil {
			t.Fatal(err)
		}
		got := c.RoundTripper.(*fastcgi.Client)
		if got.MaxAge != row.maxAge || got.MaxOpen != row.maxOpen || got.Limits.FirstByteTimeout != row.first || got.Limits.ReadTimeout != row.read {
			t.Errorf("%s: %v %d %v %v", row.options, got.MaxAge, got.MaxOpen, got.Limits.FirstByteTimeout, got.Limits.ReadTimeout)
		}
	}
}

func TestUnitsOfScriptOptions(t *testing.T) {
	for options, want := range map[string]*cgi.Client{
		"processes=none&queue-timeout=none&first-byte-timeout=none&read-timeout=none&total-timeout=none&stderr-rate=none": {
			Processes: -1, QueueTimeout: -1, FirstByteTimeout: -1, ReadTimeout: -1, TotalTimeout: -1, StderrRate: -1},
		"cpu=none&memory=none&file-size=none&files=none&user-processes=none": {},
		"read-timeout=5&total-timeout=2h&linger=450ms&kill-grace=0.5&cpu=10&memory=1G&file-size=10m": {ReadTimeout: 5 * time.Second, TotalTimeout: 2 * time.Hour,
			LingerTime: 450 * time.Millisecond, KillGrace: 500 * time.Millisecond, ResourceLimits: cgi.ResourceLimits{CPU: 10 * time.Second, Memory: 1 << 30, FileSize: 10 << 20}},
		// 0 is none, as for every other client
		"queue=0&first-byte-timeout=0&read-timeout=0&linger=0&kill-grace=0": {Queue: -1, FirstByteTimeout: -1, ReadTimeout: -1, LingerTime: -1, KillGrace: -1},
		"processes=-1&total-timeout=-1ns&memory=65536":                      {Processes: -1, TotalTimeout: -1, ResourceLimits: cgi.ResourceLimits{Memory: 65536}},
	} {
		c, err := endpoint.NewClient("cgi:/?"+options, nil)
		if err != nil {
			t.Fatal(err)
		}
		figures := func(c *cgi.Client) []any {
			return []any{c.Processes, c.Queue, c.QueueTimeout, c.FirstByteTimeout, c.ReadTimeout, c.TotalTimeout, c.LingerTime, c.KillGrace, c.StderrRate, c.ResourceLimits}
		}
		if diff := cmp.Diff(figures(want), figures(c.RoundTripper.(*cgi.Client))); diff != "" {
			t.Errorf("%s: %s", options, diff)
		}
		c.Close()
	}
}

// What no request could ever start is told when the client is made.
func TestScriptsThatCannotRun(t *testing.T) {
	dir := t.TempDir()
	for name, mode := range map[string]os.FileMode{"notes.py": 0o644, "run.cgi": 0o755} {
		if err := os.WriteFile(filepath.Join(dir, name), nil, mode); err != nil {
			t.Fatal(err)
		}
	}
	for _, row := range []struct{ url, want string }{
		{"cgi:/nonexistent/", "no such file or directory: name a script, or a directory of scripts with a slash at its end"},
		{"cgi:/nonexistent", "no such file or directory: name a script"},
		{"cgi:" + dir, "it is a directory: write cgi:" + dir + "/ to run the scripts in it"},
		{"cgi:" + dir + "/run.cgi/", "it is a file: leave out the slash at its end"},
		{"cgi:" + dir + "/notes.py", "it is not executable: chmod +x " + dir + "/notes.py, or name what runs it"},
		{"cgi:" + dir + "/notes.py?interpreter=.pl=/bin/sh", "it is not executable"},
		{"cgi:" + dir + "/?interpreter=.py=/nonexistent/python", `bad interpreter ".py=/nonexistent/python": `},
		{"cgi:" + dir + "/?interpreter=.py=sh%20-e", `bad interpreter ".py=sh -e": write its whole path, /`},
		{"cgi:" + dir + "/?workdir=/nonexistent", `bad workdir "/nonexistent": it is no directory`},
		{"cgi:" + dir + "/run.cgi", ""},
		{"cgi:" + dir + "/notes.py?interpreter=.py=/bin/sh", ""},
	} {
		_, err := endpoint.NewClient(row.url, nil)
		if row.want == "" {
			if err != nil {
				t.Errorf("%s: %v", row.url, err)
			}
			continue
		}
		if err == nil {
			t.Errorf("%s: no error", row.url)
			continue
		}
		checkLine(t, row.url, err, row.want)
	}
}
