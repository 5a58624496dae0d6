package main

import (
	"context"
	"testing"
)

func TestServe(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := serve(ctx, "uwsgi://127.0.0.1:0"); err != nil {
		t.Error(err)
	}
	if err := serve(ctx, "gopher:"); err == nil {
		t.Error("gopher: no error")
	}
}
