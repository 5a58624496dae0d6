package benchmarks

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/postern-gateway/postern/gateway"
	"github.com/postern-gateway/postern/gateway/site"
)

const (
	fileName = "large.bin"
	fileSize = 1 << 20
)

// A fileServer is a server of a directory over HTTP, on TCP: there sendfile is at its best.
type fileServer struct {
	address string
	cpu     func(b *testing.B) int64 // that it has used so far, in ns
}

// BenchmarkFile compares servers of one file of 1 MiB: ours, net/http's and nginx, which has one
// worker and sendfile on. server-ns/op is the CPU time of the server alone.
func BenchmarkFile(b *testing.B) {
	root := b.TempDir()
	os.Chmod(filepath.Dir(root), 0o755) // for nginx's worker
	os.Chmod(root, 0o755)
	want := bytes.Repeat([]byte("0123456789abcdef"), fileSize/16)
	if err := os.WriteFile(filepath.Join(root, fileName), want, 0o644); err != nil {
		b.Fatal(err)
	}
	for _, row := range []struct {
		name  string
		start func(b *testing.B, root string) fileServer
	}{{"postern", startOurFiles}, {"net-http", startWebFiles}, {"nginx", startNginxFiles}} {
		b.Run(row.name, func(b *testing.B) { benchmarkFile(b, row.start(b, root), want) })
	}
}

func benchmarkFile(b *testing.B, s fileServer, want []byte) {
	clients := make([]*fileClient, workers)
	for i := range clients {
		c, err := net.Dial("tcp", s.address)
		if err != nil {
			b.Fatal(err)
		}
		defer c.Close()
		clients[i] = &fileClient{conn: c, in: bufio.NewReaderSize(c, 256<<10)}
		if err := clients[i].fetch(want); err != nil {
			b.Fatal(err)
		}
	}
	b.SetBytes(fileSize)
	before := s.cpu(b)
	b.ResetTimer()
	fetchAll(b, clients, b.N)
	b.StopTimer()
	b.ReportMetric(float64(s.cpu(b)-before)/float64(b.N), "server-ns/op")
}

// fetchAll has the clients fetch the file n times together.
func fetchAll(b *testing.B, clients []*fileClient, n int) {
	b.Helper()
	var next atomic.Int64
	var wg sync.WaitGroup
	for _, c := range clients {
		wg.Go(func() {
			for next.Add(1) <= int64(n) {
				if err := c.fetch(nil); err != nil {
					b.Error(err)
					return
				}
			}
		})
	}
	wg.Wait()
}

// A fileClient fetches the file on a kept connection.
type fileClient struct {
	conn net.Conn
	in   *bufio.Reader
}

// fetch fetches the file, and compares it with want unless that is nil.
func (c *fileClient) fetch(want []byte) error {
	if _, err := io.WriteString(c.conn, "GET /"+fileName+" HTTP/1.1\r\nHost: bench\r\n\r\n"); err != nil {
		return err
	}
	res, err := http.ReadResponse(c.in, nil)
	if err != nil {
		return err
	}
	if res.StatusCode != http.StatusOK || res.ContentLength != fileSize {
		return fmt.Errorf("status %d, %d bytes", res.StatusCode, res.ContentLength)
	}
	if want == nil {
		_, err = c.in.Discard(fileSize)
		return err
	}
	got, err := io.ReadAll(res.Body)
	if err == nil && !bytes.Equal(got, want) {
		err = fmt.Errorf("%d bytes that differ", len(got))
	}
	return err
}

func startOurFiles(b *testing.B, root string) fileServer { return startFiles(b, "native", root) }
func startWebFiles(b *testing.B, root string) fileServer { return startFiles(b, "net-http", root) }

func startFiles(b *testing.B, variant, root string) fileServer {
	address := freeAddress(b)
	s := startServerAt(b, "files "+variant+" "+root, address)
	return fileServer{address, func(b *testing.B) int64 { return s.ask(b, "usage").CPU }}
}

// serveFiles is the child's part of startFiles.
func serveFiles(l net.Listener, variant, root string) {
	if variant == "net-http" {
		http.Serve(l, http.FileServer(http.Dir(root)))
		return
	}
	(&gateway.Server{Handler: &site.Files{Root: root}}).ServeHTTP(l)
}

func freeAddress(b *testing.B) string {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

const nginxFiles = `daemon off;
worker_processes 1;
pid %[1]s/nginx.pid;
error_log stderr error;
events { worker_connections 1024; }
http {
	access_log off;
	sendfile on;
	keepalive_requests 1000000;
	client_body_temp_path %[1]s/body;
	proxy_temp_path %[1]s/proxy;
	fastcgi_temp_path %[1]s/fastcgi;
	scgi_temp_path %[1]s/scgi;
	uwsgi_temp_path %[1]s/uwsgi;
	server { listen %[2]s; root %[3]s; }
}
`

// startNginxFiles starts nginx, if it is installed.
func startNginxFiles(b *testing.B, root string) fileServer {
	path, err := exec.LookPath("nginx")
	if err != nil {
		path = "/usr/sbin/nginx"
	}
	if _, err := os.Stat(path); err != nil {
		b.Skip("nginx is not installed")
	}
	dir, address := b.TempDir(), freeAddress(b)
	conf := filepath.Join(dir, "nginx.conf")
	if err := os.WriteFile(conf, fmt.Appendf(nil, nginxFiles, dir, address, root), 0o644); err != nil {
		b.Fatal(err)
	}
	cmd := exec.Command(path, "-e", "stderr", "-p", dir, "-c", conf)
	cmd.Stderr = os.Stderr
	if err := cmd.Start(); err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		cmd.Process.Signal(os.Interrupt)
		cmd.Wait()
	})
	untilAccepted(b, address)
	return fileServer{address, func(b *testing.B) int64 { return cpuOfChildren(b, cmd.Process.Pid) }}
}

func untilAccepted(b *testing.B, address string) {
	b.Helper()
	for range 500 {
		if c, err := net.Dial("tcp", address); err == nil {
			c.Close()
			return
		}
		<-time.After(10 * time.Millisecond)
	}
	b.Fatal("nginx does not listen")
}

// cpuOfChildren is the CPU time of the children of a process, which have one thread each, in ns.
func cpuOfChildren(b *testing.B, pid int) (sum int64) {
	b.Helper()
	children, err := os.ReadFile(fmt.Sprintf("/proc/%d/task/%[1]d/children", pid))
	if err != nil {
		b.Skip(err)
	}
	for child := range strings.FieldsSeq(string(children)) {
		text, err := os.ReadFile("/proc/" + child + "/schedstat")
		if err != nil {
			b.Fatal(err)
		}
		spent, _, _ := strings.Cut(string(text), " ")
		n, err := strconv.ParseInt(spent, 10, 64)
		if err != nil {
			b.Fatal(err)
		}
		sum += n
	}
	return sum
}
