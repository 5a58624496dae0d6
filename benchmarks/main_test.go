package benchmarks

import (
	"fmt"
	"os"
	"testing"
)

const (
	// serverVariable makes this test binary the server of a benchmark.
	serverVariable = "POSTERN_BENCHMARK_SERVER"
	// profileVariable names a file for the server's CPU profile.
	profileVariable = "POSTERN_BENCHMARK_PROFILE"
)

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
