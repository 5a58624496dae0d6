// Package examples runs the examples, as their READMEs say: each by itself, and behind nginx,
// Apache and lighttpd with the configurations that lie beside them. A front that is not installed
// is left out, unless POSTERN_INTEROP=1.
package examples

import (
	"os"
	"testing"

	"github.com/postern-gateway/postern/cgi"
)

// The test's binary is also a CGI program: see echoProgram.
func TestMain(m *testing.M) {
	if cgi.IsScript() {
		echoProgram()
		return
	}
	status := m.Run()
	os.RemoveAll(built)
	os.Exit(status)
}
