package main

import (
	"context"
	"log/slog"
	"os"
	"testing"
)

func Example_run() {
	slog.SetDefault(slog.New(slog.DiscardHandler)) // the refused call is logged
	if err := run(context.Background(), os.Stdout); err != nil {
		panic(err)
	}
	// Output:
	// 40 + 2 = 42
	// 36 hours later it is Mon, 02 Mar 2026 00:00:00 UTC
	// 3 of tea: 750 cents
	// none of it: rpc "quote": 400 Bad Request: 0 of "tea" is no order
}

func TestCallOfNobody(t *testing.T) {
	for _, url := range []string{"gopher:", "uwsgi+unix:/nobody"} {
		if err := call(t.Context(), url, t.Output()); err == nil {
			t.Errorf("%s: no error", url)
		}
	}
}
