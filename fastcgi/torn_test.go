package fastcgi

import (
	"errors"
	"io"
	"log/slog"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/postern-gateway/postern/internal/netio/netiotest"
	"github.com/postern-gateway/postern/protocol"
)

// A peer that takes nothing for too long has a part of an answer, and nothing more can be sent to
// it. A plain end would pass for that of the whole: on TCP it is a reset, also where nginx is told
// the length, which it checks at END_REQUEST alone.
func TestTornAnswerIsReset(t *testing.T) {
	for _, length := range []string{"", "1000000000"} {
		theirs, ours := netiotest.TCP(t)
		theirs.SetDeadline(time.Now().Add(patienceOfTests))
		lim := &protocol.Limits{WriteTimeout: 20 * time.Millisecond}
		loop := &protocol.Loop{Log: slog.New(slog.DiscardHandler), Limits: lim, Handler: protocol.HandlerFunc(func(w protocol.ResponseWriter, r *protocol.Request) error {
			if length != "" {
				w.Header().Set("Content-Length", length)
			}
			for {
				if _, err := w.Write(make([]byte, 1<<20)); err != nil {
					return err
				}
			}
		})}
		if _, err := theirs.Write(parseRecords(t, strings.Replace(get(1), `REQUEST_METHOD=`, `SERVER_SOFTWARE="nginx/1.22.1" REQUEST_METHOD=`, 1))); err != nil {
			t.Fatal(err)
		}
		loop.Serve(t.Context(), Protocol{}.NewConn(ours, lim))
		if _, err := io.Copy(io.Discard, theirs); !errors.Is(err, syscall.ECONNRESET) {
			t.Errorf("length %q: the answer ended in %v", length, err)
		}
	}
}
