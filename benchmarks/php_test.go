package benchmarks

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// BenchmarkPHP compares the CPU time of nginx's fastcgi_pass and of ours, from HTTP to php-fpm, for
// a small page: server-ns/op is that of the gateway alone. It needs both of Debian's packages.
func BenchmarkPHP(b *testing.B) {
	dir, err := os.MkdirTemp("", "bench") // b.TempDir is too long for a Unix socket
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { os.RemoveAll(dir) })
	script, socket := filepath.Join(dir, "hello.php"), filepath.Join(dir, "fpm")
	write(b, script, "<?php header('Content-Type: text/plain'); header('Content-Length: "+fmt.Sprint(len(hello))+"'); echo '"+hello+"';")
	startFPM(b, dir, socket)
	w, x := wireNamed("http"), exercises[0]
	d, err := w.record(x)
	if err != nil {
		b.Fatal(err)
	}
	b.Run("postern", func(b *testing.B) {
		benchmarkServe(b, new(table), w, x, "php="+socket+"="+script)
	})
	b.Run("nginx", func(b *testing.B) {
		pid, front := startNginx(b, dir, socket, script)
		all := crew(b, workers, w, x, front, d.request)
		replay(b, all, warmUp)
		began := processCPU(b, pid)
		b.ResetTimer()
		replay(b, all, b.N)
		b.StopTimer()
		b.ReportMetric(float64(processCPU(b, pid)-began)/float64(b.N), "server-ns/op")
	})
}

func write(b *testing.B, name, text string) {
	b.Helper()
	if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
		b.Fatal(err)
	}
}

// start starts a program that listens on socket, and ends it with the benchmark.
func start(b *testing.B, socket, program string, args ...string) (pid int) {
	b.Helper()
	cmd := exec.Command(program, args...)
	cmd.Stderr = os.Stderr
	if err := cmd.Start(); err != nil {
		b.Fatal(err)
	}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		cmd.Wait()
	}()
	b.Cleanup(func() {
		cmd.Process.Signal(os.Interrupt)
		<-ended
	})
	awaitSocket(b, socket, ended)
	return cmd.Process.Pid
}

func startFPM(b *testing.B, dir, socket string) {
	b.Helper()
	programs, _ := filepath.Glob("/usr/sbin/php-fpm[0-9]*")
	if len(programs) == 0 {
		b.Skip("php-fpm is not installed")
	}
	conf := filepath.Join(dir, "fpm.conf")
	user := ""
	if os.Getuid() == 0 {
		user = "user = root\n"
	}
	write(b, conf, "[global]\nerror_log = /dev/null\ndaemonize = no\n[www]\nlisten = "+socket+"\n"+user+
		"pm = static\npm.max_children = 8\n")
	start(b, socket, programs[0], "-F", "-R", "-n", "-y", conf)
}

// startNginx starts nginx as one process before php-fpm.
func startNginx(b *testing.B, dir, socket, script string) (pid int, front string) {
	b.Helper()
	program, err := exec.LookPath("nginx")
	if err != nil {
		b.Skip("nginx is not installed")
	}
	front = filepath.Join(dir, "nginx")
	conf := front + ".conf"
	write(b, conf, `daemon off; master_process off; pid `+front+`.pid; error_log /dev/null;
events { worker_connections 256; }
http {
	access_log off; keepalive_requests 1000000000;
	client_body_temp_path `+dir+`/body; fastcgi_temp_path `+dir+`/fastcgi; proxy_temp_path `+dir+`/proxy;
	scgi_temp_path `+dir+`/scgi; uwsgi_temp_path `+dir+`/uwsgi;
	server {
		listen unix:`+front+`;
		location / {
			fastcgi_pass unix:`+socket+`;
			include /etc/nginx/fastcgi_params;
			fastcgi_param SCRIPT_FILENAME `+script+`;
		}
	}
}
`)
	return start(b, front, program, "-c", conf), front
}
