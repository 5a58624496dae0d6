package main

import (
	"os"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

// TestMain makes this test binary the command, where a script runs it, and a CGI script, where the
// demo does.
func TestMain(m *testing.M) {
	if asScript() {
		os.Exit(run())
	}
	testscript.Main(m, map[string]func(){"postern": main})
}

// TestScripts runs testdata: what is typed, and what comes back.
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{Dir: "testdata"})
}
