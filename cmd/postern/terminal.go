package main

import (
	"context"
	"io"
	"os"
	"os/signal"
	"syscall"
)

// isTerminal reports whether w is a terminal: a device of characters that is not the null device.
func isTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	if !ok {
		return false
	}
	info, err := f.Stat()
	if err != nil || info.Mode()&os.ModeCharDevice == 0 {
		return false
	}
	null, err := os.Stat(os.DevNull)
	return err != nil || !os.SameFile(info, null)
}

// untilInterrupt returns a context that ends at the first SIGINT or SIGTERM. A second one ends the
// process.
func untilInterrupt(ctx context.Context) (until context.Context, stop func()) {
	until, stop = signal.NotifyContext(ctx, os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(until, stop)
	return until, stop
}
