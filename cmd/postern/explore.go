package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/postern-gateway/postern/gateway"
	"github.com/postern-gateway/postern/gateway/endpoint"
	"github.com/postern-gateway/postern/internal/explore"
	"github.com/postern-gateway/postern/protocol"
)

func exploreCommand() *cobra.Command {
	var listen string
	c := &cobra.Command{
		Use:   "explore",
		Short: "Show one request in every protocol, byte by byte, as a page for a browser",
		Long: `Explore serves an illustrated page on loopback: one request and its answer in CGI, FastCGI, SCGI, uwsgi and HTTP, side by
side. Each byte has the colour of its meaning; point at one, or move there by the arrow keys, and a card says what it is and which
section of the specification says so, while the same variable lights up in the other protocols.

Change the request and the bytes are written anew, by the same code that serves and calls everywhere else in Postern. Change a
byte, and see what the parser says. See two requests share a FastCGI connection, what nginx really sends, and what each protocol
costs. The page loads nothing from any network.

make explore, in a clone, builds the same page as one file that needs no server.`,
		Example: `  postern explore
  postern explore --listen http://127.0.0.1:8080`,
		Args: func(c *cobra.Command, args []string) error { return usage(cobra.NoArgs(c, args)) },
		RunE: func(c *cobra.Command, _ []string) error {
			return serveExplore(c.Context(), c.OutOrStdout(), listen)
		},
	}
	c.Flags().StringVarP(&listen, "listen", "l", "http://127.0.0.1:8093", "serve the page at this `URL`")
	return c
}

// serveExplore serves the page until ctx ends or a signal to stop comes.
func serveExplore(ctx context.Context, out io.Writer, listen string) error {
	if !strings.HasPrefix(listen, "http:") && !strings.HasPrefix(listen, "http+") {
		return usage(fmt.Errorf("--listen %s: a browser speaks HTTP: say http://127.0.0.1:8093", listen))
	}
	page, err := explore.Page(ctx, explore.Engine{})
	if err != nil {
		return err
	}
	l, err := endpoint.Listen(ctx, listen)
	if err != nil {
		return usage(err)
	}
	log := slog.New(slog.NewTextHandler(os.Stderr, nil))
	ctx, stop := endpoint.UntilSignal(ctx, log)
	defer stop()
	fmt.Fprintf(out, "Open %s/ in a browser (interrupt to end)\n", l.URL())
	srv := &gateway.Server{Handler: protocol.FromHTTP(explore.NewHandler(page)), Log: log}
	return endpoint.Run(ctx, srv, 5*time.Second, l)
}
