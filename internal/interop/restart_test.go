package interop

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/postern-gateway/postern/gateway"
	"github.com/postern-gateway/postern/protocol"
)

// restartProtocol is the variable that makes this program a server on descriptor 3, by the protocol
// that it names.
const restartProtocol = "POSTERN_TEST_RESTART"

// serveInherited serves on the socket that it was started with, until SIGTERM. It says "ready" once
// it can be told so.
func serveInherited(name string) {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	l, err := net.FileListener(os.NewFile(3, "listener"))
	if err != nil {
		panic(err)
	}
	s := &gateway.Server{Handler: protocol.HandlerFunc(func(w protocol.ResponseWriter, r *protocol.Request) error {
		_, err := io.WriteString(w, "served")
		return err
	})}
	fmt.Println("ready")
	go func() {
		<-ctx.Done()
		s.Shutdown(context.Background())
		fmt.Println("ended")
		os.Exit(0)
	}()
	if err := serveOn(s, l, name); err != gateway.ErrServerClosed {
		panic(err)
	}
	select {}
}

// A successor is a process that serves on a socket that it shares.
type successor struct {
	cmd   *exec.Cmd
	lines *bufio.Scanner
}

func startSuccessor(t *testing.T, f *os.File, name string) *successor {
	t.Helper()
	s := &successor{cmd: exec.CommandContext(t.Context(), os.Args[0])}
	s.cmd.Env = append(os.Environ(), restartProtocol+"="+name, "GORACE=atexit_sleep_ms=0")
	s.cmd.ExtraFiles, s.cmd.Stderr = []*os.File{f}, os.Stderr
	out, err := s.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	s.lines = bufio.NewScanner(out)
	if err := s.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	if !s.lines.Scan() || s.lines.Text() != "ready" {
		t.Fatalf("a server that says %q", s.lines.Text())
	}
	return s
}

// end tells the server to end, and waits for that.
func (s *successor) end(t *testing.T) {
	t.Helper()
	if err := s.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Error(err)
	}
	s.lines.Scan()
	if err := s.cmd.Wait(); err != nil {
		t.Error(err)
	}
}

// Twenty restarts under load, each server's socket passed on to the next, lose no request.
func TestRestarts(t *testing.T) {
	needFronts(t)
	for _, p := range []*pair{
		{front: nginx(), protocol: "scgi", conf: "scgi"}, {front: nginx(), protocol: "scgi", conf: "scgi", unix: true},
		{front: nginx(), protocol: "uwsgi", conf: "uwsgi"}, {front: nginx(), protocol: "uwsgi", conf: "uwsgi", unix: true},
		{front: nginx(), protocol: "fastcgi", conf: "fastcgi"}, {front: nginx(), protocol: "fastcgi", conf: "fastcgi-keep", unix: true},
		{front: nginx(), protocol: "fastcgi", conf: "fastcgi-keep"}, {front: nginx(), protocol: "http", conf: "http"},
		{front: nginx(), protocol: "fastcgi", conf: "fastcgi", unix: true}, {front: nginx(), protocol: "http", conf: "http", unix: true},
	} {
		t.Run(p.name(), func(t *testing.T) { restarts(t, p, 20) })
	}
}

func restarts(t *testing.T, p *pair, times int) {
	network, addr := "tcp", "127.0.0.1:0"
	if p.unix {
		network, addr = "unix", filepath.Join(t.TempDir(), "s")
	}
	l, err := net.Listen(network, addr)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	f, err := l.(interface{ File() (*os.File, error) }).File()
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	server := startSuccessor(t, f, p.protocol)
	c := startFront(t, p.front, p.conf, l.Addr(), "")
	var asked, lost atomic.Int64
	stop := make(chan struct{})
	var clients sync.WaitGroup
	for range 16 {
		clients.Go(func() { askOn(t, loopback(c.Port), stop, &asked, &lost) })
	}
	var own net.Conn
	began := time.Now()
	for range times {
		for before := asked.Load(); asked.Load() < before+restartEvery; {
			asked.Add(1)
			if err := askCheaply(&own, loopback(c.Port)); err != nil {
				lost.Add(1)
				t.Error(err)
			}
		}
		next := startSuccessor(t, f, p.protocol)
		server.end(t)
		server = next
	}
	close(stop)
	clients.Wait()
	took := time.Since(began)
	if own != nil {
		own.Close()
	}
	server.end(t)
	t.Logf("%s: %d restarts, %d requests, %.0f a second, %d lost", p.name(), times, asked.Load(), float64(asked.Load())/took.Seconds(), lost.Load())
	if n := lost.Load(); n > 0 {
		t.Errorf("%d of %d requests are lost", n, asked.Load())
	}
}

// askOn asks again and again on one connection, as long as that is kept, until stop is closed. It
// costs little, so that most of the machine is left to who answers.
func askOn(t *testing.T, addr string, stop chan struct{}, asked, lost *atomic.Int64) {
	var c net.Conn
	defer func() {
		if c != nil {
			c.Close()
		}
	}()
	for {
		select {
		case <-stop:
			return
		default:
		}
		asked.Add(1)
		if err := askCheaply(&c, addr); err != nil && lost.Add(1) < 5 {
			t.Error(err)
		}
	}
}

// askCheaply asks once, on a connection of its own if c is nil, and leaves in c what may be asked
// on next.
func askCheaply(c *net.Conn, addr string) (err error) {
	if *c == nil {
		if *c, err = net.Dial("tcp", addr); err != nil {
			return err
		}
	}
	var buf [4 << 10]byte
	n := 0
	_, err = io.WriteString(*c, "GET / HTTP/1.1\r\nHost: x\r\n\r\n")
	for err == nil && !bytes.HasSuffix(buf[:n], []byte("\r\n\r\nserved")) && !bytes.HasSuffix(buf[:n], []byte("0\r\n\r\n")) {
		var m int
		m, err = (*c).Read(buf[n:])
		n += m
	}
	got := buf[:n]
	whole := err == nil && bytes.HasPrefix(got, []byte("HTTP/1.1 200 ")) && bytes.Contains(got, []byte("served"))
	// nginx closes one in a thousand
	if !whole || bytes.Contains(got, []byte("\r\nConnection: close")) {
		(*c).Close()
		*c = nil
	}
	if !whole {
		return fmt.Errorf("%.100q, %v", got, err)
	}
	return nil
}
