package cgi

import (
	"errors"
	"net/http"
	"os"
	"strings"
	"syscall"
	"testing"

	"github.com/postern-gateway/postern/protocol"
)

// A body of unknown length that the disk has no room for is answered 507, and the next one, which
// fits, is served.
func TestFullDisk(t *testing.T) {
	b := newBench(t)
	disk := t.TempDir()
	if err := syscall.Mount("tmpfs", disk, "tmpfs", 0, "size=64k"); errors.Is(err, syscall.EPERM) {
		t.Skip("only root may mount a small disk: ", err)
	} else if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(disk, 0); err != nil { // something in it is still open
			t.Error(err)
		}
	})
	t.Setenv("TMPDIR", disk)
	b.c.Limits = &protocol.Limits{SpoolMemory: 10}
	b.sh(catSh)
	for range 3 {
		res := b.do(post("/", onlyReader{strings.NewReader(patterned(1e6))}, -1))
		b.wantFailure(res, http.StatusInsufficientStorage, "no space left on device")
		if !errors.Is(res.Err, syscall.ENOSPC) {
			t.Errorf("%v is not ENOSPC", res.Err)
		}
		b.want(b.do(post("/", onlyReader{strings.NewReader(patterned(30000))}, -1)), patterned(30000))
	}
	b.closed()
	if left, err := os.ReadDir(disk); err != nil || len(left) > 0 {
		t.Errorf("%v is left, %v", left, err)
	}
}
