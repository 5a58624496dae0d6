package netiotest

import (
	"testing"

	"go.uber.org/goleak"
)

// Main runs the tests of a package and fails if they leave a goroutine behind. The goroutine that
// watches the process's connections for hang-ups stays.
func Main(m *testing.M) {
	goleak.VerifyTestMain(m, goleak.IgnoreAnyFunction("github.com/postern-gateway/postern/internal/netio.(*watcher).run"))
}
