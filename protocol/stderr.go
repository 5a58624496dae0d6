package protocol

import (
	"context"
	"io"
)

type stderrKey struct{}

// WithStderr returns a context for [RoundTripper.RoundTrip] by which a backend's own error stream
// is passed on to w: what a CGI program writes to its standard error, say. It is written to by the
// goroutine that calls RoundTrip, and that reads and closes the response's Body. A gateway gives
// what [Stderr] finds.
func WithStderr(ctx context.Context, w io.Writer) context.Context {
	return context.WithValue(ctx, stderrKey{}, w)
}

// ContextStderr returns the writer of [WithStderr], or nil.
func ContextStderr(ctx context.Context) io.Writer {
	w, _ := ctx.Value(stderrKey{}).(io.Writer)
	return w
}
