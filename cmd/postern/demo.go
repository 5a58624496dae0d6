package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"strconv"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/postern-gateway/postern/gateway"
	"github.com/postern-gateway/postern/gateway/endpoint"
	"github.com/postern-gateway/postern/internal/demo"
	"github.com/postern-gateway/postern/protocol"
)

func demoCommand() *cobra.Command {
	var once bool
	c := &cobra.Command{
		Use:   "demo",
		Short: "Serve a demo over every protocol on loopback, call each, and stay up",
		Long: `Demo serves one handler over HTTP, FastCGI, SCGI, uwsgi and CGI on loopback, calls it through each protocol's own
client, and prints what came back side by side. It needs nothing installed. Then it stays up until it is interrupted, so that
you can try it with a browser, or point a front at it.`,
		Args: noArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			ctx, stop := endpoint.UntilSignal(c.Context(), slog.Default())
			defer stop()
			return runDemo(ctx, c.OutOrStdout(), once)
		},
	}
	c.Flags().BoolVar(&once, "once", false, "end after the table")
	return c
}

// runDemo serves the demo, calls it by each protocol, and waits for ctx unless once is set.
func runDemo(ctx context.Context, out io.Writer, once bool) (err error) {
	srv := &gateway.Server{Handler: demo.Native()}
	stations, err := openStations(srv, once)
	if err != nil {
		return err
	}
	defer func() {
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		defer cancel()
		if serr := srv.Shutdown(ctx); err == nil {
			err = serr
		}
	}()
	fmt.Fprintf(out, "One handler, %d protocols. GET / answers %s:\n\n", len(stations), strconv.Quote(demo.Hello))
	failed := printTable(ctx, out, stations)
	if failed == nil && !once {
		advise(out, stations)
		<-ctx.Done()
		fmt.Fprintln(out)
	}
	return failed
}

// printTable calls every station and prints a row for each. It returns the first failure.
func printTable(ctx context.Context, out io.Writer, stations []*station) (failed error) {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "PROTOCOL\tENDPOINT\tSTATUS\tBYTES OUT\tBYTES IN\tTIME")
	for _, s := range stations {
		a, err := s.call(ctx)
		if err != nil {
			fmt.Fprintf(w, "%s\t%s\t%v\t\t\t\n", s.title, s.url, err)
			if failed == nil {
				failed = err
			}
			continue
		}
		fmt.Fprintf(w, "%s\t%s\t%d\t%d\t%d\t%v\n", s.title, s.url, a.status, a.sent, a.received, a.took.Round(time.Microsecond))
	}
	w.Flush()
	return failed
}

// A callResult is what one call brought.
type callResult struct {
	status         int
	sent, received int64 // bytes on the wire
	took           time.Duration
}

// call asks a station for / and checks what it answers.
func (s *station) call(ctx context.Context) (callResult, error) {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	var m meter
	began := time.Now()
	res, err := s.client(&m).RoundTrip(ctx, &protocol.Request{Params: demoParams()})
	if err != nil {
		return callResult{}, err
	}
	body, err := io.ReadAll(res.Body)
	res.Body.Close()
	if err != nil {
		return callResult{}, err
	}
	if string(body) != demo.Hello {
		return callResult{}, fmt.Errorf("%s answered %d %q", s.url, res.Status, body)
	}
	return callResult{status: res.Status, sent: m.sent.Load(), received: m.received.Load(), took: time.Since(began)}, nil
}

// demoParams are the variables of a small request, as a front would send them.
func demoParams() protocol.Params {
	return protocol.Pairs(
		"REQUEST_METHOD", "GET", "REQUEST_URI", "/", "QUERY_STRING", "", "SCRIPT_NAME", "", "PATH_INFO", "/",
		"SERVER_PROTOCOL", "HTTP/1.1", "GATEWAY_INTERFACE", "CGI/1.1", "SERVER_SOFTWARE", "Postern",
		"SERVER_NAME", "localhost", "SERVER_PORT", "80", "REMOTE_ADDR", "127.0.0.1",
		"HTTP_HOST", "localhost", "HTTP_USER_AGENT", "postern-demo", "HTTP_ACCEPT", "*/*",
	)
}

// advise says what to try.
func advise(out io.Writer, stations []*station) {
	fmt.Fprintln(out, "\nTry, while this runs (interrupt to end):")
	for _, p := range []string{"/", "/vars", "/stream?n=5&ms=300", "/bytes?n=1000000", "/status?code=404", "/panic"} {
		fmt.Fprintf(out, "  curl -i '%s%s'\n", stations[0].url, p)
	}
	fmt.Fprintln(out, "\nOr put a front before it. For nginx, in a location:")
	for _, s := range stations {
		if s.hint != "" {
			fmt.Fprintf(out, "  %s\n", s.hint)
		}
	}
}

// listen opens the port that people expect, or any other if it is taken.
func listen(port int, any bool) (net.Listener, error) {
	if !any {
		if l, err := net.Listen("tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(port))); err == nil {
			return l, nil
		}
	}
	return net.Listen("tcp", "127.0.0.1:0")
}
