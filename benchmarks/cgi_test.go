package benchmarks

import (
	"fmt"
	"net"
	"net/http/cgi"
	"net/http/fcgi"
	"os"
	"os/exec"
	"path/filepath"
	"runtime/debug"
	"strconv"
	"syscall"
	"testing"

	postern "github.com/postern-gateway/postern/cgi"
	"github.com/postern-gateway/postern/fastcgi"
	"github.com/postern-gateway/postern/gateway"
)

// BenchmarkCGI compares hosts of CGI programs behind FastCGI, by a static program in C that does
// nothing: requests/s at 8 connections that are kept, and with a new one for each request, as nginx
// has it unless told otherwise; and own-ns/op, the CPU time of the host's own process without its
// children. posix_spawn is a loop in C that only starts the program and reads its output.
//
// A child of fcgiwrap serves one connection at a time: 4 children cannot serve 8 that are kept.
func BenchmarkCGI(b *testing.B) {
	hello := compile(b, "hello.c", "-static")
	for _, row := range []struct {
		name, wire string
		hosts      []string
	}{
		{"kept", "fastcgi", []string{"postern", "net-http-cgi", "fcgiwrap-8"}},
		{"new", "fastcgi-close", []string{"postern", "net-http-cgi", "fcgiwrap-4", "fcgiwrap-8"}},
	} {
		rates := make(map[string]float64)
		for _, host := range row.hosts {
			b.Run("hello-"+row.name+"/"+host, func(b *testing.B) { rates[host] = benchmarkHost(b, host, hello, row.wire) })
		}
		if best := max(rates["fcgiwrap-4"], rates["fcgiwrap-8"]); best > 0 && rates["postern"] > 0 {
			fmt.Printf("cgi hello-%s: %.2f times fcgiwrap's rate (at least 1.25)\n", row.name, rates["postern"]/best)
		}
	}
	b.Run("hello/posix_spawn", func(b *testing.B) { benchmarkSpawn(b, hello) })
	b.Run("cat200m", benchmarkCat)
}

// benchmarkHost returns requests a second.
func benchmarkHost(b *testing.B, host, script, wire string) float64 {
	w, x := wireNamed(wire), exercises[0]
	r := request(x)
	r.Params.Set("SCRIPT_FILENAME", script)
	d, err := w.recordRequest(x, r)
	if err != nil {
		b.Fatal(err)
	}
	var s *server
	var socket string
	if children, ok := map[string]int{"fcgiwrap-4": 4, "fcgiwrap-8": 8}[host]; ok {
		socket = startFcgiwrap(b, children)
	} else {
		s = startServer(b, "cgi "+host+" "+script)
		socket = s.socket
	}
	all := crew(b, workers, w, x, socket, d.request)
	replay(b, all, 10*workers)
	var before usage
	if s != nil {
		before = s.ask(b, "usage")
	}
	b.ResetTimer()
	replay(b, all, b.N)
	b.StopTimer()
	if s != nil {
		b.ReportMetric(float64(s.ask(b, "usage").CPU-before.CPU)/float64(b.N), "own-ns/op")
	}
	return reportRate(b)
}

func reportRate(b *testing.B) float64 {
	rate := float64(b.N) / b.Elapsed().Seconds()
	b.ReportMetric(rate, "requests/s")
	return rate
}

func benchmarkSpawn(b *testing.B, script string) {
	spawn := compile(b, "spawn.c")
	b.ResetTimer()
	if out, err := exec.Command(spawn, strconv.Itoa(workers), strconv.Itoa(b.N), script).CombinedOutput(); err != nil {
		b.Fatalf("spawn: %v %s", err, out)
	}
	reportRate(b)
}

// serveScript is what a server for BenchmarkCGI does.
func serveScript(l net.Listener, host, script string) {
	switch host {
	case "postern": // as the command has it
		debug.SetGCPercent(400)
		if err := postern.UseBatchScheduling(); err != nil {
			panic(err)
		}
		client := &postern.Client{Path: script}
		srv := &gateway.Server{Handler: &gateway.Proxy{Backend: client, FullDuplex: true}}
		srv.Serve(l, fastcgi.Protocol{})
	case "net-http-cgi":
		fcgi.Serve(l, &cgi.Handler{Path: script})
	}
}

// startFcgiwrap starts fcgiwrap with that many children, which accept on its standard input, and
// returns their socket.
func startFcgiwrap(b *testing.B, children int) (socket string) {
	path, err := exec.LookPath("fcgiwrap")
	if err != nil {
		b.Skip("fcgiwrap is not installed")
	}
	dir, err := os.MkdirTemp("", "bench")
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { os.RemoveAll(dir) })
	l, err := net.ListenUnix("unix", &net.UnixAddr{Name: filepath.Join(dir, "s")})
	if err != nil {
		b.Fatal(err)
	}
	defer l.Close()
	l.SetUnlinkOnClose(false)
	f, err := l.File()
	if err != nil {
		b.Fatal(err)
	}
	defer f.Close()
	cmd := exec.Command(path, "-c", strconv.Itoa(children))
	cmd.Stdin, cmd.Stderr = f, os.Stderr
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := cmd.Start(); err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL)
		cmd.Wait()
	})
	return l.Addr().String()
}

// compile compiles one of testdata's programs.
func compile(b *testing.B, source string, flags ...string) string {
	b.Helper()
	cc, err := exec.LookPath("cc")
	if err != nil {
		b.Skip("there is no C compiler")
	}
	out := filepath.Join(b.TempDir(), "program")
	args := append([]string{"-O2", "-o", out, filepath.Join("testdata", source)}, flags...)
	if text, err := exec.Command(cc, args...).CombinedOutput(); err != nil {
		b.Fatalf("cc %s: %v\n%s", source, err, text)
	}
	return out
}
