package cgi

import (
	"os"
	"strings"
	"testing"
	"time"
)

func TestAttributes(t *testing.T) {
	for _, row := range []struct {
		text   string
		limits ResourceLimits
		umask  string
		script string
		want   string
	}{
		{"CPU", ResourceLimits{CPU: 1500 * time.Millisecond}, "", "ulimit -S -t; ulimit -H -t", "2\n3\n"},
		{"memory", ResourceLimits{Memory: 100 << 20}, "", "ulimit -v", "102400\n"},
		{"files", ResourceLimits{Files: 12}, "", "ulimit -n", "12\n"},
		{"processes", ResourceLimits{Processes: 1000}, "", "ulimit -p 2>/dev/null || ulimit -u", "1000\n"},
		{"file size", ResourceLimits{FileSize: 1 << 20}, "", "ulimit -f", "2048\n"},
		{"umask", ResourceLimits{}, "027", "umask", "0027\n"},
		{"all", ResourceLimits{CPU: time.Hour, Files: 20}, "077", "ulimit -t; ulimit -n; umask; echo $0 $# $SCRIPT_NAME", "3600\n20\n0077\nSCRIPT 0 /x\n"},
	} {
		t.Run(row.text, func(t *testing.T) {
			b := newBench(t)
			b.c.ResourceLimits, b.c.Umask, b.c.Mount = row.limits, row.umask, "/x"
			b.sh(`printf 'X: 1\n\n'` + "\n" + row.script)
			b.want(b.do(get("/x")), strings.ReplaceAll(row.want, "SCRIPT", b.c.Path))
		})
	}
}

func TestLimitOfCPU(t *testing.T) {
	b := newBench(t)
	b.c.ResourceLimits.CPU = time.Second
	b.sh("while :; do :; done")
	b.wantFailure(b.do(get("/")), 502, "killed by signal SIGXCPU, its limit of CPU time")
}

func TestUser(t *testing.T) {
	b := newBench(t)
	b.sh(`printf 'X: 1\n\n'; id -u; id -g; id -G`)
	if os.Getuid() != 0 {
		b.c.User = "0"
		b.wantFailure(b.do(get("/")), 403, "operation not permitted")
		return
	}
	for dir := b.dir; dir != "/tmp" && dir != "/"; dir = dir[:strings.LastIndexByte(dir, '/')] {
		os.Chmod(dir, 0o755)
	}
	b.c.User, b.c.Group = "65534", "7"
	b.want(b.do(get("/")), "65534\n7\n7 65534\n")
}

func TestBadAttributes(t *testing.T) {
	for _, row := range []struct {
		user, group, umask string
		why                string
	}{
		{"no such user", "", "", `user "no such user": unknown`},
		{"", "no such group", "", `group "no such group": unknown`},
		{"", "", "999", `umask "999": want three octal digits`},
		{"", "", "22; reboot", "want three octal digits"},
	} {
		b := newBench(t)
		b.c.User, b.c.Group, b.c.Umask = row.user, row.group, row.umask
		b.sh(helloSh)
		b.wantFailure(b.do(get("/")), 500, row.why)
	}
}

// The shell that sets the limits does not hide what is wrong with the script.
func TestStartFailuresWithLimits(t *testing.T) {
	for _, row := range []struct {
		text   string
		make   func(b *bench)
		status int
		why    string
	}{
		{"no such file", func(b *bench) { b.c.Path = b.dir + "/none.cgi" }, 404, "no such file"},
		{"not executable", func(b *bench) { b.sh("exit"); os.Chmod(b.c.Path, 0o644) }, 403, "permission denied"},
		{"missing interpreter", func(b *bench) { b.c.Path = b.write("x.cgi", "#!/usr/bin/none\n") }, 500, `"/usr/bin/none": no such file`},
		{"no #! line", func(b *bench) { b.c.Path = b.write("x.cgi", "echo hello\n") }, 500, "exec format error"},
		{"a comment, but no #! line", func(b *bench) { b.c.Path = b.write("x.cgi", "# echo hello\n") }, 500, "exec format error"},
		{"empty", func(b *bench) { b.c.Path = b.write("x.cgi", "") }, 500, "exec format error"},
	} {
		t.Run(row.text, func(t *testing.T) {
			b := newBench(t)
			b.c.ResourceLimits.Files = 100
			row.make(b)
			b.wantFailure(b.do(get("/")), row.status, row.why)
		})
	}
}
