package cgi

import (
	"io"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// ownCPU is the processor time of this process without its children.
func ownCPU(b *testing.B) time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// BenchmarkRoundTrip runs a static hello, one after the other and eight at once. own-us/op is what
// a request costs this process, without the script.
func BenchmarkRoundTrip(b *testing.B) {
	for _, row := range []struct {
		text        string
		parallelism int
	}{{"one", 0}, {"eight", 4}} {
		b.Run(row.text, func(b *testing.B) {
			s := newBench(b)
			s.compiled(helloC, helloSh)
			hello := func() {
				resp, err := s.c.RoundTrip(b.Context(), get("/hello"))
				if err != nil {
					b.Error(err)
					return
				}
				if n, err := io.Copy(io.Discard, resp.Body); n != 13 || err != nil {
					b.Errorf("%d bytes, %v", n, err)
				}
				resp.Body.Close()
			}
			b.ReportAllocs()
			cpu := ownCPU(b)
			if row.parallelism == 0 {
				for b.Loop() {
					hello()
				}
			} else {
				b.SetParallelism(row.parallelism)
				b.RunParallel(func(pb *testing.PB) {
					for pb.Next() {
						hello()
					}
				})
			}
			b.ReportMetric(float64((ownCPU(b)-cpu).Microseconds())/float64(b.N), "own-us/op")
		})
	}
}

// BenchmarkStream sends 200 MB through cat, in and out at once; through-two-pipes is what cat does
// on its own between two pipes of this process.
func BenchmarkStream(b *testing.B) {
	const size = 200e6
	b.Run("client", func(b *testing.B) {
		s := newBench(b)
		s.sh(catSh)
		b.SetBytes(size)
		cpu := ownCPU(b)
		for b.Loop() {
			resp, err := s.c.RoundTrip(b.Context(), post("/", io.LimitReader(zeros{}, size), size))
			if err != nil {
				b.Fatal(err)
			}
			if n, err := io.CopyBuffer(onlyWriter{io.Discard}, resp.Body, make([]byte, 64<<10)); n != size || err != nil {
				b.Fatal(n, err)
			}
			resp.Body.Close()
		}
		b.ReportMetric(float64((ownCPU(b)-cpu).Milliseconds())/float64(b.N), "own-ms/op")
	})
	b.Run("through-two-pipes", func(b *testing.B) {
		b.SetBytes(size)
		for b.Loop() {
			out, err := exec.Command("sh", "-c", "head -c 200000000 /dev/zero | cat | wc -c").Output()
			if err != nil || strings.TrimSpace(string(out)) != "200000000" {
				b.Fatal(string(out), err)
			}
		}
	})
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) { return len(p), nil }

type onlyWriter struct{ io.Writer }

// BenchmarkAttributes is what limits cost: the script is started by way of a shell. A user costs
// nothing.
func BenchmarkAttributes(b *testing.B) {
	for _, row := range []struct {
		text string
		set  func(c *Client)
	}{
		{"none", func(*Client) {}},
		{"limits", func(c *Client) { c.ResourceLimits.Files, c.Umask = 100, "027" }},
		{"user", func(c *Client) { c.User = strconv.Itoa(os.Getuid()) }},
	} {
		b.Run(row.text, func(b *testing.B) {
			s := newBench(b)
			row.set(s.c)
			s.compiled(helloC, helloSh)
			for b.Loop() {
				s.want(s.do(get("/")), "hello, world\n")
			}
		})
	}
}
