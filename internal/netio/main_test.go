package netio

import (
	"testing"

	"go.uber.org/goleak"
)

// The process's one watch for hang-ups stays; nothing else may.
func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m, goleak.IgnoreAnyFunction("github.com/postern-gateway/postern/internal/netio.(*watcher).run"))
}
