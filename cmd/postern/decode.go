package main

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"log/slog"
	"os"
	"sync"

	"github.com/spf13/cobra"

	"github.com/postern-gateway/postern/gateway/endpoint"
	"github.com/postern-gateway/postern/internal/tap"
	"github.com/postern-gateway/postern/protocol"
)

// A decodeConfig is the command line of decode.
type decodeConfig struct {
	view     viewConfig
	protocol string
	response bool
	port     uint16
}

func decodeCommand() *cobra.Command {
	var cfg decodeConfig
	c := &cobra.Command{
		Use:   "decode [flags] FILE|-",
		Short: "Show a recorded conversation, as tap shows a live one",
		Long: `Decode prints what FILE holds, or standard input (-), as tap does: a capture of packets (pcap or pcapng, from tcpdump -w,
Wireshark or tap --pcap), a hexdump of what one side has said (xxd, hexdump -C, od -t x1, Wireshark),
or the very bytes.

What one side has said is taken for a request or a response by how it begins; --protocol and --response say it where that
does not tell. Of a capture each connection is decoded, by --protocol or by its first bytes, and those to --port alone if
that is there.

` + viewHelp,
		Example: `  what nginx and php-fpm have said to each other, of a capture of port 9000:
    tcpdump -i lo -w php.pcap port 9000; postern decode --port 9000 php.pcap
  a request of SCGI in hexadecimal:
    xxd request.bin | postern decode --wire -`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) != 1 {
				return usage(fmt.Errorf("%d files: say postern decode FILE, or - for standard input", len(args)))
			}
			return nil
		},
		RunE: func(c *cobra.Command, args []string) error {
			return cfg.run(c.Context(), c.InOrStdin(), c.OutOrStdout(), c.ErrOrStderr(), args[0])
		},
	}
	f := c.Flags()
	f.StringVar(&cfg.protocol, "protocol", "auto", "the `protocol`: fastcgi, scgi, uwsgi, http, or auto by the first bytes")
	f.BoolVar(&cfg.response, "response", false, "the bytes of one side are the backend's")
	f.Uint16Var(&cfg.port, "port", 0, "of a capture, the connections to this `port` alone (0: all)")
	cfg.view.addFlags(f)
	return c
}

// run decodes a file.
func (cfg *decodeConfig) run(ctx context.Context, in io.Reader, out, errs io.Writer, name string) error {
	tracers, err := endpoint.Tracers(cfg.protocol)
	if err != nil {
		return usage(fmt.Errorf("--protocol: %w", err))
	}
	if name != "-" {
		f, err := os.Open(name)
		if err != nil {
			return usage(err)
		}
		defer f.Close()
		in = f
	}
	view, err := cfg.view.open(out, tracers)
	if err != nil {
		return usage(err)
	}
	rec := &tap.Recording{Name: name, Port: cfg.port, Tracers: tracers, Emit: view.filter.Add}
	if cfg.response {
		rec.Side = protocol.ResponseSide
	}
	begin := sync.OnceFunc(func() { // once there is something, and it is known what
		view.err = view.record(ctx, cfg.view.pcap, rec.Tracers[0].Name(), slog.New(slog.NewTextHandler(errs, nil)))
	})
	rec.Observe = func(e tap.Event) {
		begin()
		view.write(e)
	}
	if err = rec.Read(in); err != nil {
		err = fmt.Errorf("%s: %w", name, err)
	}
	return cmp.Or(err, view.flush(slog.New(slog.DiscardHandler)), view.close())
}
