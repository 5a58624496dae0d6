package fetch

import (
	"context"
	"io"
	"net"
	"regexp"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/postern-gateway/postern/internal/netio/netiotest"
	"github.com/postern-gateway/postern/protocol"
)

// TestLoad sends a request again and again over each wire, and sums up.
func TestLoad(t *testing.T) {
	var asked atomic.Int64
	urls := serving(t, protocol.HandlerFunc(func(w protocol.ResponseWriter, r *protocol.Request) error {
		b, err := io.ReadAll(r.Body)
		if err != nil {
			return err
		}
		if asked.Add(1)%4 == 0 {
			w.WriteHeader(503)
		}
		_, err = w.Write(b)
		return err
	}))
	for _, wire := range wires {
		asked.Store(0)
		cfg := Config{URL: urls[wire] + "/x", Message: Message{Data: texts(DataText, "body=1")}, Load: Load{Requests: 40, Parallel: 4, Rate: 2000, Progress: true}}
		out, errs, code, err := run(t, t.Context(), cfg)
		want := regexp.MustCompile(`^40 requests in \d+\.\d\d s, 4 at a time: \d+\.\d requests/s, \d+\.\d\d MB/s\nlatency  p50 \S+s  p90 \S+s  p99 \S+s  p99.9 \S+s  max \S+s\nstatus   200: 30  503: 10\n$`)
		if code != 0 || !want.MatchString(out) || !strings.HasSuffix(errs, "\r\x1b[K") {
			t.Errorf("%s: %q, %q, %v", wire, out, errs, err)
		}
		if asked.Load() != 40 {
			t.Errorf("%s: %d requests", wire, asked.Load())
		}
		cfg.Show.Fail = true
		cfg.Load = Load{Requests: 8}
		if out, _, code, _ := run(t, t.Context(), cfg); code != CodeStatus || !strings.Contains(out, "errors   2: ") {
			t.Errorf("%s: %d, %q", wire, code, out)
		}
	}
}

// TestLoadFails: errors are counted by their text, and the first one is the command's.
func TestLoadFails(t *testing.T) {
	out, _, code, err := run(t, t.Context(), Config{URL: "fastcgi://" + saying(t, "") + "/x", Load: Load{Requests: 5, Parallel: 2}})
	if code != CodeEmpty || !strings.HasPrefix(out, "5 requests in ") || !strings.Contains(out, "errors   5: fastcgi://") || strings.Contains(out, "latency") {
		t.Errorf("%q, %v", out, err)
	}
}

// TestLoadInterrupted prints what has come so far.
func TestLoadInterrupted(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	var asked atomic.Int64
	addr := netiotest.Peer(t, func(c net.Conn) {
		if asked.Add(1) == 3 {
			cancel()
			io.Copy(io.Discard, c)
			return
		}
		io.WriteString(c, page)
	})
	out, _, code, err := run(t, ctx, Config{URL: "http://" + addr + "/x", Load: Load{Duration: time.Hour}})
	if code != CodeInterrupted || !strings.HasPrefix(out, "2 requests in ") {
		t.Errorf("%q, %v", out, err)
	}
}

// TestProgress is the line that a terminal shows.
func TestProgress(t *testing.T) {
	y := &loadCount{answered: 30, errors: map[string]int64{"odd": 2}}
	if got, want := y.progress(&Load{Requests: 50}, 2*time.Second), "32 of 50 requests, 2.0 s, 15/s, 2 errors"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
	if got, want := y.progress(&Load{Duration: time.Minute}, 2*time.Second), "32 requests, 2.0 s, 15/s, 2 errors"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
	for d, want := range map[time.Duration]string{1234567: "1.23ms", 12345678: "12.3ms", 123456: "123µs", 1234567890: "1.23s", 999: "999ns"} {
		if got := short(d); got != want {
			t.Errorf("%v is %s, want %s", int64(d), got, want)
		}
	}
}
