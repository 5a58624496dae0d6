package endpoint

import (
	"context"
	"log/slog"
	"os"
	"os/signal"
	"sync"
	"syscall"
)

// UntilSignal returns a context that ends at the first SIGTERM or SIGINT. A second one ends the
// process at once. SIGHUP does not: it is for reopening, of which there is nothing yet, and log is
// told so; one that the process was started to ignore (nohup) stays ignored. stop gives the signals
// their usual effect back, and ends the context.
func UntilSignal(ctx context.Context, log *slog.Logger) (until context.Context, stop func()) {
	until, usual := signal.NotifyContext(ctx, os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(until, usual)
	unwatch := watchHangups(log)
	return until, sync.OnceFunc(func() {
		usual()
		unwatch()
	})
}

// watchHangups logs each SIGHUP until it is told to end.
func watchHangups(log *slog.Logger) (end func()) {
	if signal.Ignored(syscall.SIGHUP) {
		return func() {}
	}
	hangups, over := make(chan os.Signal, 1), make(chan struct{})
	signal.Notify(hangups, syscall.SIGHUP)
	var watch sync.WaitGroup
	watch.Go(func() {
		for {
			select {
			case <-hangups:
				log.Info("SIGHUP: nothing to reopen, the log goes to standard error; to end the process send SIGTERM")
			case <-over:
				return
			}
		}
	})
	return func() {
		signal.Stop(hangups)
		close(over)
		watch.Wait()
	}
}
