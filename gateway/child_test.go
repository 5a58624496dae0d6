package gateway_test

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"syscall"

	"github.com/postern-gateway/postern/gateway"
	"github.com/postern-gateway/postern/scgi"
)

// fewDescriptors serves with 40 descriptors, until its standard input ends.
func fewDescriptors() {
	must(syscall.Setrlimit(syscall.RLIMIT_NOFILE, &syscall.Rlimit{Cur: 40, Max: 40}))
	l, err := net.Listen("tcp", "127.0.0.1:0")
	must(err)
	s := &gateway.Server{Handler: text("hello"), Log: slog.New(slog.NewTextHandler(os.Stdout, nil))}
	fmt.Println("listening on " + l.Addr().String())
	done := make(chan error, 1)
	go func() { done <- s.Serve(l, scgi.Protocol{}) }()
	io.Copy(io.Discard, os.Stdin)
	must(s.Shutdown(context.Background()))
	if err := <-done; err != gateway.ErrServerClosed {
		must(err)
	}
	fmt.Println("closed")
}

func must(err error) {
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
}
