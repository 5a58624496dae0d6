package benchmarks

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/postern-gateway/postern/gateway"
	"github.com/postern-gateway/postern/uwsgi"
	"github.com/postern-gateway/postern/uwsgi/rpc"
)

// rpcCalls are the calls that are compared: of the same function, with other arguments.
var rpcCalls = []struct {
	name string
	args [][]byte
}{
	{"hello", nil},
	{"ten", repeatedArgument(10, 1<<10)},
}

func repeatedArgument(n, size int) [][]byte {
	args := make([][]byte, n)
	for i := range args {
		args[i] = bytes.Repeat([]byte("x"), size)
	}
	return args
}

// rpcWire is a call on a connection of its own, as uWSGI has it.
var rpcWire = &wire{name: "rpc", read: readResult}

// rpcExercise is what a call is answered with.
var rpcExercise = exercise{name: "hello", want: []byte("Hello World")}

// BenchmarkRPC compares a call of uWSGI's RPC, on a connection of its own, with that of uWSGI's
// Python worker: cpu-us/op is the CPU time of the server a call. A local call has no server.
func BenchmarkRPC(b *testing.B) {
	for _, c := range rpcCalls {
		cpu := make(map[string]float64)
		for _, server := range []string{"postern", "uwsgi-python"} {
			b.Run(c.name+"/"+server, func(b *testing.B) { cpu[server] = benchmarkRPC(b, server, c.args) })
		}
		if ours, theirs := cpu["postern"], cpu["uwsgi-python"]; ours > 0 && theirs > 0 {
			fmt.Printf("rpc %s: %.1f us of CPU a call, %.2f of what uWSGI's Python worker takes (at most 1)\n", c.name, ours, ours/theirs)
		}
	}
	b.Run("local", func(b *testing.B) {
		c, ctx := rpc.Local(rpcFunctions()), context.Background()
		b.ReportAllocs()
		for b.Loop() {
			if _, err := c.Call(ctx, "hello"); err != nil {
				b.Fatal(err)
			}
		}
	})
}

// benchmarkRPC returns the CPU time of a call, in microseconds.
func benchmarkRPC(b *testing.B, server string, args [][]byte) float64 {
	var socket string
	var cpu func() int64
	if server == "postern" {
		s := startServer(b, "rpc hello native")
		socket, cpu = s.socket, func() int64 { return s.ask(b, "usage").CPU }
	} else {
		socket, cpu = startUWSGIRPC(b)
	}
	all := crew(b, workers, rpcWire, rpcExercise, socket, callPacket(args))
	replay(b, all, warmUp)
	before := cpu()
	b.ResetTimer()
	replay(b, all, b.N)
	b.StopTimer()
	each := float64(cpu()-before) / float64(b.N) / 1e3
	b.ReportMetric(each, "cpu-us/op")
	return each
}

// rpcFunctions are the function that is called.
func rpcFunctions() *rpc.Registry {
	r := new(rpc.Registry)
	result := []byte("Hello World")
	r.Register("hello", func(context.Context, [][]byte) ([]byte, error) { return result, nil })
	return r
}

// serveRPC is what a server for BenchmarkRPC does.
func serveRPC(l net.Listener) {
	new(gateway.Server).Serve(l, uwsgi.Protocol{Kinds: map[uwsgi.Modifier]uwsgi.Kind{uwsgi.ModifierRPC: rpcFunctions()}})
}

// callPacket is a call as it is on the wire.
func callPacket(args [][]byte) []byte {
	block := uwsgi.AppendString(nil, "hello")
	for _, a := range args {
		block = uwsgi.AppendString(block, a)
	}
	return append(uwsgi.AppendHeader(nil, uwsgi.Header{Modifier1: uwsgi.ModifierRPC, Size: len(block)}), block...)
}

// readResult reads the result of a call.
func readResult(r *bufio.Reader, c *check) error {
	b, err := r.Peek(uwsgi.HeaderSize)
	if err != nil {
		return err
	}
	h, n := uwsgi.ConsumeHeader(b)
	if _, err := r.Discard(n); err != nil {
		return err
	}
	if c.body = h.Size == len(c.want); !c.body {
		return fmt.Errorf("a result of %d bytes, want %d", h.Size, len(c.want))
	}
	return readToEnd(r, c)
}

// startUWSGIRPC starts uWSGI with one worker, and returns its socket and what tells its CPU time.
func startUWSGIRPC(b *testing.B) (socket string, cpu func() int64) {
	path, err := exec.LookPath("uwsgi-core")
	if err != nil {
		b.Skip("uWSGI is not installed")
	}
	dir, err := os.MkdirTemp("", "bench")
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { os.RemoveAll(dir) })
	app, err := filepath.Abs("testdata/rpc.py")
	if err != nil {
		b.Fatal(err)
	}
	socket = filepath.Join(dir, "s")
	cmd := exec.Command(path, "--plugin", "python3", "--plugin", "rpc", "--need-app", "--wsgi-file", app, "--uwsgi-socket", socket,
		"--disable-logging", "--buffer-size", "65535", "--logto", filepath.Join(dir, "log"))
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := cmd.Start(); err != nil {
		b.Fatal(err)
	}
	ended := make(chan struct{})
	go func() { cmd.Wait(); close(ended) }()
	b.Cleanup(func() {
		syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL)
		<-ended
	})
	awaitSocket(b, socket, ended)
	return socket, func() int64 { return processCPU(b, cmd.Process.Pid) }
}
