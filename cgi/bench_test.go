package cgi

import (
	"io"
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

// BenchmarkRoundTrip runs a static hello, one after the other and eight at once. own-us/op is what a request costs this
// process, without the script.
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
