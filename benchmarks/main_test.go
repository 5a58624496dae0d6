package benchmarks

import (
	"fmt"
	"os"
	"testing"
)

// serverVariable makes this test binary the server of a benchmark.
const serverVariable = "POSTERN_BENCHMARK_SERVER"

func TestMain(m *testing.M) {
	if spec := os.Getenv(serverVariable); spec != "" {
		if err := runServer(spec); err != nil {
			fmt.Fprintln(os.Stderr, spec+":", err)
			os.Exit(1)
		}
		return
	}
	os.Exit(m.Run())
}
