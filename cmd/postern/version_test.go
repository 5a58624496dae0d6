package main

import "testing"

func TestVersionsInOneLine(t *testing.T) {
	for want, v := range map[string]buildVersion{
		"postern, built without module information, go1.26.0 linux/arm64": {Version: "unknown", Go: "go1.26.0", Platform: "linux/arm64"},
		"example.org/m v1.2.3, commit unknown, go1.26.0 linux/arm64":      {Module: "example.org/m", Version: "v1.2.3", Go: "go1.26.0", Platform: "linux/arm64"},
		"example.org/m (devel), commit 0123 of 2026-11-28T13:21:55Z with changes, go1.26.0 linux/arm64": {Module: "example.org/m", Version: "(devel)",
			Commit: "0123", Time: "2026-11-28T13:21:55Z", Modified: true, Go: "go1.26.0", Platform: "linux/arm64"},
	} {
		if got := v.String(); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}
