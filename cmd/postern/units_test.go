package main

import (
	"testing"
	"time"

	"github.com/spf13/pflag"

	"github.com/postern-gateway/postern/protocol"
)

// Whether 10m is minutes or MiB, the flag says.
func TestUnitsOfFlags(t *testing.T) {
	for _, row := range []struct{ flag, text, printed string }{
		{"max-body", "10m", "10MiB"},
		{"max-body", "10MiB", "10MiB"},
		{"max-body", "none", "none"},
		{"max-body", "-1", "none"},
		{"max-body", "0", "0"},
		{"max-conn-memory", "64k", "64KiB"},
		{"max-params", "none", "none"},
		{"max-params", "7", "7"},
		{"head-timeout", "10m", "10m"},
		{"head-timeout", "5", "5s"},
		{"head-timeout", "-1ns", "none"},
		{"head-timeout", "none", "none"},
		{"max-conns", "0", "none"},
		{"max-conns", "none", "none"},
		{"response-timeout", "1m30s", "1m30s"},
		{"grace", "none", "none"},
		{"grace", "0", "0"},
	} {
		f := serveCommand().Flags()
		if err := f.Set(row.flag, row.text); err != nil {
			t.Errorf("--%s %s: %v", row.flag, row.text, err)
		} else if got := f.Lookup(row.flag).Value.String(); got != row.printed {
			t.Errorf("--%s %s is %s, want %s", row.flag, row.text, got, row.printed)
		}
	}
	var l protocol.Limits
	f := pflag.NewFlagSet("", pflag.ContinueOnError)
	addLimits(f, &l)
	if err := f.Parse([]string{"--max-body", "10M", "--body-timeout", "none", "--write-timeout=5", "--max-conn-files", "none"}); err != nil {
		t.Fatal(err)
	}
	if l.Body != 10<<20 || l.BodyTimeout != noLimit || l.WriteTimeout != 5*time.Second || l.ConnFiles != noLimit || l.HeadTimeout != protocol.DefaultHeadTimeout {
		t.Errorf("%+v", l)
	}
}
