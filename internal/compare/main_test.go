package compare

import (
	"fmt"
	"os"
	"testing"

	"go.uber.org/goleak"
)

// asServer makes this test binary a server of the comparison.
const asServer = "serve-compared"

func TestMain(m *testing.M) {
	if len(os.Args) > 2 && os.Args[1] == asServer {
		if err := ServeChild(os.Args[2], os.Stdin, os.Stdout); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	goleak.VerifyTestMain(m)
}

// newComparison is one without results, for what measures.
func newComparison(t *testing.T) *comparison {
	t.Helper()
	dir, err := os.MkdirTemp("", "compare") // short: a Unix socket's path holds 107 bytes
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	set, err := newSetup(dir, self(t))
	if err != nil {
		t.Fatal(err)
	}
	set.processes = muxDepth // few, since each takes its time to start
	cfg := Config{Rounds: 1}
	cfg.setDefaults()
	return &comparison{cfg: cfg, setup: set, requests: make(map[string][]byte), results: newResults(&cfg)}
}

func self(t *testing.T) []string {
	t.Helper()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	return []string{exe, asServer}
}
