//go:build !race

package benchmarks

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// TestInstructions counts the instructions that a small GET costs without the system's: what
// BenchmarkMemory runs, beside what net/http's reader and writer of messages need for the same
// request in the same run. A change that costs 15 % more fails.
func TestInstructions(t *testing.T) {
	floor := instructions(t, readAndWrite)
	for _, row := range []struct {
		name string
		most float64
	}{
		{"fastcgi/get/native", 0.43 * 1.15},
		{"fastcgi-close/get/http", 0.91 * 1.15},
		{"scgi/get/native", 0.67 * 1.15},
		{"uwsgi/get/native", 0.41 * 1.15},
		{"uwsgi/get/http", 0.73 * 1.15},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			n := instructions(t, row.name)
			ratio := n / floor
			if t.Logf("%.0f instructions a request, %.2f times net/http's %.0f", n, ratio, floor); ratio > row.most {
				t.Errorf("%.2f times net/http's instructions, want at most %.2f times", ratio, row.most)
			}
		})
	}
}

// instructions returns how many a request of a row of BenchmarkMemory costs, without the collection
// of garbage.
func instructions(t *testing.T, row string) float64 {
	t.Helper()
	const few, many = 100, 600
	return float64(countInstructions(t, row, many)-countInstructions(t, row, few)) / (many - few)
}

// countInstructions has cachegrind count what n requests cost, the program's start included.
func countInstructions(t *testing.T, row string, n int) int {
	t.Helper()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	pattern := "^BenchmarkMemory$/^" + strings.ReplaceAll(row, "/", "$/^") + "$"
	cmd := exec.Command("valgrind", "--tool=cachegrind", "--cache-sim=no",
		"--cachegrind-out-file="+filepath.Join(t.TempDir(), "counts"), exe,
		"-test.run=^$", "-test.bench="+pattern, fmt.Sprintf("-test.benchtime=%dx", n), "-test.cpu=1")
	// valgrind does not know the newest instructions, so the library's plain loops are counted:
	// those that look for a byte are a quarter of SCGI's, and next to nothing where vectors do it
	cmd.Env = append(os.Environ(), "GODEBUG=cpu.all=off", "GOGC=off")
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v (make deps installs valgrind)\n%s", err, out)
	}
	m := counted.FindSubmatch(out)
	if m == nil {
		t.Fatalf("no count in:\n%s", out)
	}
	count, err := strconv.Atoi(strings.ReplaceAll(string(m[1]), ",", ""))
	if err != nil {
		t.Fatal(err)
	}
	return count
}

// counted is the line in which cachegrind tells the count.
var counted = regexp.MustCompile(`I +refs: +([\d,]+)`)
