package site_test

import (
	"fmt"
	"os"
	"testing"

	"go.uber.org/goleak"

	"github.com/postern-gateway/postern/cgi"
	"github.com/postern-gateway/postern/gateway/site"
)

// rootOfScript, in the environment, makes the test's binary a CGI program that serves the files
// below it.
const rootOfScript = "POSTERN_TEST_ROOT"

func TestMain(m *testing.M) {
	if root := os.Getenv(rootOfScript); root != "" {
		if err := cgi.Serve(&site.Files{Root: root}); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	goleak.VerifyTestMain(m, goleak.IgnoreAnyFunction("github.com/postern-gateway/postern/internal/netio.(*watcher).run"))
}
