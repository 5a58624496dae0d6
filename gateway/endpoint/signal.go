package endpoint

import (
	"context"
	"log/slog"
	"os"
	"os/signal"
	"sync"
	"syscall"
	"time"

	"github.com/postern-gateway/postern/cgi"
)

// UntilSignal returns a context that ends at the first SIGTERM or SIGINT. A second one ends the
// process at once, and the CGI programs that it runs (see [cgi.KillAll]); what [Run] still answers
// is cut so that its peers can see that. So does the first one after the end of ctx. SIGHUP does
// not: it is for reopening, of which there is nothing yet, and log is told so; one that the process
// was started to ignore (nohup) stays ignored. stop gives the signals their usual effect back, and
// ends the context.
func UntilSignal(ctx context.Context, log *slog.Logger) (until context.Context, stop func()) {
	until, cancel := context.WithCancel(ctx)
	signals, over := make(chan os.Signal, 2), make(chan struct{})
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	var watch sync.WaitGroup
	watch.Go(func() {
		for {
			select {
			case s := <-signals:
				if until.Err() != nil {
					endBy(s)
				}
				cancel()
			case <-over:
				return
			}
		}
	})
	unwatch := watchHangups(log)
	return until, sync.OnceFunc(func() {
		signal.Stop(signals)
		close(over)
		watch.Wait()
		cancel()
		unwatch()
	})
}

// endBy ends the process as s does by itself, and its CGI programs with it. What is being answered
// is cut. The first process of a container, which no signal ends by itself, exits.
func endBy(s os.Signal) {
	cutRunning()
	cgi.KillAll()
	signal.Reset(s)
	if self, err := os.FindProcess(os.Getpid()); os.Getpid() != 1 && err == nil && self.Signal(s) == nil {
		time.Sleep(time.Second) // the signal ends the process meanwhile, unless it is blocked
	}
	os.Exit(exitStatus(s))
}

// exitStatus is that of a process which s has ended, as shells have it.
func exitStatus(s os.Signal) int {
	if n, ok := s.(syscall.Signal); ok {
		return 128 + int(n)
	}
	return 1
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
